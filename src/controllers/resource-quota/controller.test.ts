import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { configMap, pod as podKind, resourceQuota as quotaKind, service } from '../../apis/core-v1/index.js'
import type { Pod, ResourceQuota, Service } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { resourceClaim } from '../../apis/resource-v1/index.js'
import { addNode, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'q' }
const newQuota = (hard: Record<string, string>, spec: Partial<ResourceQuota['spec']> = {}) =>
  cluster.admin.create<ResourceQuota>(quotaKind, {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { ...key },
    spec: { hard, ...spec },
  })
const newPod = (name: string, requests: Record<string, string> = {}) =>
  cluster.admin.create<Pod>(podKind, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { namespace: 'default', name },
    spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests } }] },
  })
const used = async () => (await cluster.admin.get(quotaKind, key)).status?.used
const uses = (wanted: Record<string, string>) =>
  cluster
    .until(
      'the use',
      async () =>
        JSON.stringify(Object.entries((await used()) ?? {}).sort()) === JSON.stringify(Object.entries(wanted).sort()),
    )
    .catch(async () => expect(await used()).toEqual(wanted))

test('a quota counts pods and what they request, and no longer when they are gone', async () => {
  await newQuota({ pods: '5', 'requests.cpu': '1', memory: '1Gi' })
  await uses({ pods: '0', 'requests.cpu': '0', memory: '0' })
  await newPod('a', { cpu: '100m', memory: '64Mi' })
  await newPod('b', { cpu: '250m', memory: '32Mi' })
  await uses({ pods: '2', 'requests.cpu': '350m', memory: '96Mi' })
  await cluster.admin.delete(podKind, { namespace: 'default', name: 'b' })
  await uses({ pods: '1', 'requests.cpu': '100m', memory: '64Mi' })
  expect((await cluster.admin.get(quotaKind, key)).status?.hard).toEqual({
    pods: '5',
    'requests.cpu': '1',
    memory: '1Gi',
  })
})

test('a quota counts services by type, objects by name, and itself', async () => {
  await newQuota({
    'services.nodeports': '9',
    services: '9',
    'count/configmaps': '9',
    configmaps: '9',
    resourcequotas: '9',
  })
  await cluster.admin.create<Service>(service, {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { namespace: 'default', name: 's' },
    spec: { type: 'NodePort', ports: [{ port: 80 }, { port: 81, name: 'b' }].map((p, i) => ({ name: `p${i}`, ...p })) },
  })
  const present = (await cluster.admin.list(configMap, { namespace: 'default' })).items.length
  const services = (await cluster.admin.list(service, { namespace: 'default' })).items.length
  await uses({
    'services.nodeports': '2',
    services: String(services),
    'count/configmaps': String(present),
    configmaps: String(present),
    resourcequotas: '1',
  })
})

test('a scoped quota counts only what is in its scope', async () => {
  await newQuota({ pods: '5' }, { scopes: ['BestEffort'] })
  await newPod('plain')
  await newPod('burstable', { cpu: '1' })
  await uses({ pods: '1' })
})

test('a quota counts the devices that claims ask for', async () => {
  const gpus = 'gpu.example.com.deviceclass.resource.k8s.io/devices'
  await newQuota({ [gpus]: '9', 'count/resourceclaims.resource.k8s.io': '5' })
  const exactly = { deviceClassName: 'gpu.example.com', allocationMode: 'ExactCount', count: 3 }
  const claim = { namespace: 'default', name: 'three' }
  await cluster.admin.create<ResourceClaim>(resourceClaim, {
    apiVersion: 'resource.k8s.io/v1',
    kind: 'ResourceClaim',
    metadata: claim,
    spec: { devices: { requests: [{ name: 'r', exactly }] } },
  })
  await cluster.run(5_000)
  await uses({ [gpus]: '3', 'count/resourceclaims.resource.k8s.io': '1' })
  await cluster.admin.delete(resourceClaim, claim)
  await uses({ [gpus]: '0', 'count/resourceclaims.resource.k8s.io': '0' })
})
