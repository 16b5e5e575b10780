import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { endpoints as endpointsKind, pod as podKind, service as serviceKind } from '../../apis/core-v1/index.js'
import { endpointSlice as sliceKind } from '../../apis/discovery-v1/index.js'
import type { Endpoints, Pod, Service } from '../../apis/generated/core-v1.js'
import type { EndpointSlice } from '../../apis/generated/discovery-v1.js'
import type { Client } from '../../client/client.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'web' }
const newPod = (name: string, port: number): Promise<Pod> =>
  cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name, labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'nginx', ports: [{ name: 'http', containerPort: port }] }] },
  })
const newService = (spec: Partial<Service['spec']>) =>
  cluster.admin.create<Service>(serviceKind, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...key, labels: { team: 'a' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'web', port: 80, targetPort: 'http' }], ...spec },
  })
const slices = async () =>
  (await cluster.admin.list<EndpointSlice>(sliceKind, { namespace: 'default' })).items.filter(
    s => s.metadata.labels?.['kubernetes.io/service-name'] === 'web',
  )
const endpoints = () => cluster.admin.get<Endpoints>(endpointsKind, key)

test('a service without pods has one empty slice and empty endpoints', async () => {
  await newService({})
  await cluster.until('the slice', async () => (await slices()).length === 1)
  const [slice] = await slices()
  expect([slice?.addressType, slice?.endpoints ?? [], slice?.ports ?? []]).toEqual(['IPv4', [], []])
  expect(slice?.metadata.labels).toEqual({
    team: 'a',
    'kubernetes.io/service-name': 'web',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
  expect((await endpoints()).metadata.labels).toEqual({
    team: 'a',
    'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
  })
})

test('named target ports are resolved pod by pod, and pods that are not ready are kept apart', async () => {
  await newPod('a', 8080)
  await playKubelet(cluster)
  await newPod('b', 9090)
  await playKubelet(cluster, { conditions: [{ type: 'Ready', status: 'False' }] })
  await newService({})
  await cluster.until('both ports', async () => (await slices()).length === 2)
  const byPort = Object.fromEntries((await slices()).map(s => [s.ports?.[0]?.port, s.endpoints?.[0]]))
  expect(byPort[8080]).toMatchObject({
    addresses: ['10.1.0.1'],
    conditions: { ready: true, serving: true, terminating: false },
    nodeName: 'node-1',
    targetRef: { kind: 'Pod', name: 'a' },
  })
  expect(byPort[9090]).toMatchObject({ conditions: { ready: false, serving: false, terminating: false } })
  const { subsets } = await endpoints()
  expect(subsets).toMatchObject([
    { addresses: [{ ip: '10.1.0.1' }], ports: [{ name: 'web', port: 8080, protocol: 'TCP' }] },
    { notReadyAddresses: [{ ip: '10.1.0.2' }], ports: [{ name: 'web', port: 9090, protocol: 'TCP' }] },
  ])
})

test('a pod that is being deleted is terminating in the slice and gone from the endpoints', async () => {
  await newPod('a', 8080)
  await playKubelet(cluster)
  await newService({})
  await cluster.until('the address', async () => (await slices())[0]?.endpoints?.length === 1)
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'a' })
  await cluster.until(
    'it terminates',
    async () => (await slices())[0]?.endpoints?.[0]?.conditions?.terminating === true,
  )
  expect((await slices())[0]?.endpoints?.[0]?.conditions).toEqual({ ready: false, serving: true, terminating: true })
  await cluster.until('no endpoints', async () => ((await endpoints()).subsets ?? []).length === 0)
  await playKubelet(cluster)
  await cluster.until('an empty slice', async () => ((await slices())[0]?.endpoints ?? []).length === 0)
})

test('a headless service is marked as such, and publishes pods that are not ready if asked to', async () => {
  await newPod('a', 8080)
  await playKubelet(cluster, { conditions: [{ type: 'Ready', status: 'False' }] })
  await newService({ clusterIP: 'None', publishNotReadyAddresses: true })
  await cluster.until('the address', async () => (await slices())[0]?.endpoints?.length === 1)
  const [slice] = await slices()
  expect(slice?.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '')
  expect(slice?.endpoints?.[0]?.conditions).toEqual({ ready: true, serving: false, terminating: false })
  expect((await endpoints()).subsets?.[0]?.addresses).toHaveLength(1)
})

test('slices and endpoints go with the service', async () => {
  await newService({})
  await cluster.until('the slice', async () => (await slices()).length === 1)
  await cluster.admin.delete(serviceKind, key)
  await cluster.until('both are gone', async () => {
    const { items } = await cluster.admin.list(endpointsKind, { namespace: 'default' })
    return (await slices()).length === 0 && items.every(e => e.metadata.name !== 'web')
  })
})

test('a slice that someone deletes is made again', async () => {
  await newService({})
  await cluster.until('the slice', async () => (await slices()).length === 1)
  const [slice] = await slices()
  await cluster.admin.delete(sliceKind, { namespace: 'default', name: slice?.metadata.name ?? '' })
  await cluster.until('another slice', async () => {
    const [other] = await slices()
    return other !== undefined && other.metadata.uid !== slice?.metadata.uid
  })
})

test('a service whose slices cannot be written is told', async () => {
  await cluster.stop()
  const refusing = (client: Client): Client => ({
    ...client,
    create: (kind, object, options) =>
      kind.kind === 'EndpointSlice' ? Promise.reject(new Error('refused')) : client.create(kind, object, options),
  })
  cluster = await startTestCluster({ wrapClient: refusing })
  await newService({})
  const text =
    'Error updating Endpoint Slices for Service default/web: failed to create EndpointSlice for Service default/web: refused'
  await cluster.until('it is told', async () => (await cluster.events('web')).includes(text))
})
