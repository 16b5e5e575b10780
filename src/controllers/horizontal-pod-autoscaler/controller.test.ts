import { beforeEach, expect, test } from '@jest/globals'
import { deployment as deploymentKind } from '../../apis/apps-v1/index.js'
import { horizontalPodAutoscaler } from '../../apis/autoscaling-v2/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Deployment } from '../../apis/generated/apps-v1.js'
import type { HorizontalPodAutoscaler, MetricSpec } from '../../apis/generated/autoscaling-v2.js'
import type { Client } from '../../client/client.js'
import { formatTime } from '../../machinery/clock.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

const key = { namespace: 'default', name: 'web' }
const newDeployment = (replicas: number): Deployment => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: key,
  spec: {
    replicas,
    selector: { matchLabels: { app: 'web' } },
    strategy: {},
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'c', image: 'nginx', resources: { requests: { cpu: '100m' } } }] },
    },
  },
})
const cpu = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})
const newAutoscaler = (fields: Partial<HorizontalPodAutoscaler['spec']> = {}): HorizontalPodAutoscaler => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: key,
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 1,
    maxReplicas: 5,
    metrics: [cpu(50)],
    ...fields,
  },
})

/** Stands in for the metrics servers: every pod uses as much, and other metrics are as they are put here. */
let usage: string | undefined
let custom: Record<string, object>
beforeEach(() => {
  usage = undefined
  custom = {}
})
const withMetrics = (client: Client): Client => ({
  ...client,
  async list(kind, options) {
    const { group, names } = kind
    const known = custom[`${group}/${names.plural}`]
    if (known) return known as never
    if (group !== 'metrics.k8s.io' || usage === undefined) return client.list(kind, options)
    const { items } = await client.list(podKind, options)
    const timestamp = '2025-01-01T00:00:00Z'
    const containers = [{ name: 'c', usage: { cpu: usage, memory: '10Mi' } }]
    return {
      metadata: {},
      items: items.map(({ metadata }) => ({ metadata, timestamp, window: '30s', containers })),
    } as never
  },
  get: async (kind, key, options) =>
    (custom[`${kind.group}/${kind.names.plural}/${key.name}/${options?.subresource}`] as never) ??
    client.get(kind, key, options),
})

async function start(replicas: number): Promise<TestCluster> {
  const cluster = await startTestCluster({ wrapClient: withMetrics })
  await addNode(cluster)
  await cluster.admin.create<Deployment>(deploymentKind, newDeployment(replicas))
  await allReady(cluster, replicas)
  return cluster
}
const ready = async ({ admin }: TestCluster) => (await admin.get(deploymentKind, key)).status?.readyReplicas ?? 0
const allReady = (cluster: TestCluster, replicas: number) =>
  cluster.until(`${replicas} are ready`, async () => {
    await playKubelet(cluster, { startTime: formatTime(cluster.clock.now() - 600_000) })
    return (await ready(cluster)) === replicas
  })
const sizeOf = async ({ admin }: TestCluster) => (await admin.get(deploymentKind, key)).spec.replicas
const statusOf = async ({ admin }: TestCluster) => (await admin.get(horizontalPodAutoscaler, key)).status
const conditionsOf = async (cluster: TestCluster) =>
  Object.fromEntries(((await statusOf(cluster))?.conditions ?? []).map(c => [c.type, `${c.status} ${c.reason}`]))

test('follows the use of CPU up at once, and down after five minutes', async () => {
  await using cluster = await start(2)
  usage = '100m'
  await cluster.admin.create<HorizontalPodAutoscaler>(horizontalPodAutoscaler, newAutoscaler())
  await cluster.until('it grows', async () => (await sizeOf(cluster)) === 4)
  await cluster.until('it says so', async () => (await statusOf(cluster))?.desiredReplicas === 4)
  expect(await conditionsOf(cluster)).toEqual({
    AbleToScale: 'True SucceededRescale',
    ScalingActive: 'True ValidMetricFound',
    ScalingLimited: 'False DesiredWithinRange',
  })
  expect((await statusOf(cluster))?.currentMetrics).toEqual([
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '100m' } } },
  ])
  expect(await cluster.events('web')).toContain(
    'New size: 4; reason: cpu resource utilization (percentage of request) above target',
  )

  await allReady(cluster, 4)
  usage = '5m'
  await cluster.until('it holds', async () => (await conditionsOf(cluster)).AbleToScale === 'True ScaleDownStabilized')
  expect(await sizeOf(cluster)).toBe(4)
  await cluster.run(320_000)
  await cluster.until('it shrinks', async () => (await sizeOf(cluster)) === 1)
})

test('says why it cannot: no metrics, no target, nothing to scale, two for the same pods', async () => {
  await using cluster = await start(1)
  const { admin, until } = cluster
  await admin.create<HorizontalPodAutoscaler>(horizontalPodAutoscaler, newAutoscaler())
  await until('no metrics', async () => (await conditionsOf(cluster)).ScalingActive === 'False FailedGetResourceMetric')
  expect((await cluster.events('web')).filter(e => e.includes('metrics')).sort()).toEqual([
    'failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
    'invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)',
  ])

  const second = { ...newAutoscaler(), metadata: { namespace: 'default', name: 'second' } }
  await admin.create<HorizontalPodAutoscaler>(horizontalPodAutoscaler, second)
  const words = 'pods by selector app=web are controlled by multiple HPAs: [{second default} {web default}]'
  await until('two', async () => (await cluster.events('second')).includes(words))
  await admin.delete(horizontalPodAutoscaler, { namespace: 'default', name: 'second' })

  await admin.patch(deploymentKind, key, { type: 'application/merge-patch+json', body: { spec: { replicas: 0 } } })
  await until('it is off', async () => (await conditionsOf(cluster)).ScalingActive === 'False ScalingDisabled')

  await admin.delete(deploymentKind, key)
  await until('its target is gone', async () => (await conditionsOf(cluster)).AbleToScale === 'False FailedGetScale')
})

test('keeps within its limits whatever the metrics', async () => {
  await using cluster = await start(1)
  await cluster.admin.create<HorizontalPodAutoscaler>(horizontalPodAutoscaler, newAutoscaler({ minReplicas: 3 }))
  await cluster.until('it grows', async () => (await sizeOf(cluster)) === 3)
  expect(await cluster.events('web')).toContain(
    'New size: 3; reason: Current number of replicas below Spec.MinReplicas',
  )
})

test('follows metrics of pods, of an object and from outside, the highest of what they ask for', async () => {
  await using cluster = await start(2)
  const pods = (await cluster.admin.list(podKind, { namespace: 'default' })).items
  const timestamp = '2025-01-01T00:00:00Z'
  const values = (value: string) =>
    pods.map(({ metadata }) => ({ describedObject: { name: metadata.name }, value, timestamp }))
  custom = {
    'custom.metrics.k8s.io/pods/*/requests': { items: values('20') },
    'custom.metrics.k8s.io/services/front/hits': { items: [{ value: '30', timestamp }] },
    'external.metrics.k8s.io/queue': { items: [{ value: '20' }, { value: '5' }] },
  }
  const metrics: MetricSpec[] = [
    { type: 'Pods', pods: { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } } },
    {
      type: 'Object',
      object: {
        metric: { name: 'hits' },
        describedObject: { apiVersion: 'v1', kind: 'Service', name: 'front' },
        target: { type: 'Value', value: '20' },
      },
    },
    { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '5' } } },
  ]
  await cluster.admin.create<HorizontalPodAutoscaler>(
    horizontalPodAutoscaler,
    newAutoscaler({ metrics, maxReplicas: 9 }),
  )
  await cluster.until('it says so', async () => (await statusOf(cluster))?.lastScaleTime !== undefined)
  // 4 by the pods, 3 by the object, 5 by the queue, and no more than 4 at once.
  const status = await statusOf(cluster)
  expect(status?.desiredReplicas).toBe(4)
  expect((await conditionsOf(cluster)).ScalingLimited).toBe('True ScaleUpLimit')
  expect(status?.currentMetrics?.map(m => m.pods?.current ?? m.object?.current ?? m.external?.current)).toEqual([
    { averageValue: '20' },
    { value: '30' },
    { averageValue: '12500m' },
  ])
  expect(await cluster.events('web')).toContain('New size: 4; reason: external metric queue(nil) above target')
})
