import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { endpoints as endpointsKind, service as serviceKind } from '../../apis/core-v1/index.js'
import { endpointSlice as sliceKind } from '../../apis/discovery-v1/index.js'
import type { Endpoints, Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import { startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'external' }
const slices = async () =>
  (await cluster.admin.list<EndpointSlice>(sliceKind, { namespace: 'default' })).items.filter(
    s => s.metadata.labels?.['kubernetes.io/service-name'] === 'external',
  )
const addresses = async () =>
  (await slices())
    .flatMap(s => s.endpoints ?? [])
    .flatMap(e => e.addresses)
    .sort()

test('Endpoints that a user writes are mirrored, changed and removed with the original', async () => {
  await cluster.admin.create<Service>(serviceKind, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...key },
    spec: { ports: [{ port: 80 }] },
  })
  const made = await cluster.admin.create<Endpoints>(endpointsKind, {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...key, labels: { team: 'a' } },
    subsets: [{ addresses: [{ ip: '10.1.2.3' }], notReadyAddresses: [{ ip: '10.1.2.4' }], ports: [{ port: 9376 }] }],
  })
  await cluster.until('a mirror', async () => (await slices()).length === 1)
  const [slice] = await slices()
  expect(slice).toMatchObject({
    addressType: 'IPv4',
    ports: [{ port: 9376, protocol: 'TCP' }],
    metadata: {
      labels: { team: 'a', 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' },
      ownerReferences: [{ kind: 'Endpoints', name: 'external' }],
    },
  })
  expect(slice?.endpoints?.map(e => [e.addresses[0], e.conditions?.ready])).toEqual([
    ['10.1.2.3', true],
    ['10.1.2.4', false],
  ])
  await cluster.admin.update(endpointsKind, {
    ...made,
    subsets: [{ addresses: [{ ip: '10.2.3.4' }], ports: [{ port: 8080 }] }],
  })
  await cluster.until('the change', async () => (await addresses()).join() === '10.2.3.4')
  expect((await slices()).map(s => [s.metadata.name, s.ports?.[0]?.port])).toEqual([[slice?.metadata.name, 8080]])
  await cluster.admin.delete(endpointsKind, key)
  await cluster.until('no mirror', async () => (await slices()).length === 0)
})
