/**
 * An idle cluster, with a node, a scheduler and workloads on it, is silent: nothing is written but leases, and by each node, as upstream's do,
 * its status every five minutes.
 */
import { expect, test } from '@jest/globals'
import { deployment, statefulSet } from '../../src/apis/apps-v1/index.js'
import { cronJob } from '../../src/apis/batch-v1/index.js'
import { configMap, resourceQuota, service } from '../../src/apis/core-v1/index.js'
import { podDisruptionBudget } from '../../src/apis/policy-v1/index.js'
import { newInformerFactory } from '../../src/client/informer-factory.js'
import { SeededRandom } from '../../src/machinery/fake-clock.js'
import type { KindRef } from '../../src/machinery/kind.js'
import type { KubernetesObject } from '../../src/machinery/object-meta.js'
import { startScheduler } from '../../src/scheduler/index.js'
import { silentLogger } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'
import { SimulatedKubelet } from './simulated-kubelet.js'

const namespace = 'shop'
const longMs = 1_200_000
const selector = { matchLabels: { app: 'web' } }
const template = { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'app', image: 'app:1' }] } }

/** Of kinds whose controllers look again by the clock, or at what others write. */
const contents: readonly [KindRef, string, object][] = [
  [deployment, 'web', { replicas: 3, selector, template }],
  [statefulSet, 'db', { replicas: 2, serviceName: 'db', selector, template }],
  [
    cronJob,
    'yearly',
    {
      schedule: '0 0 31 12 *',
      jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } },
    },
  ],
  [service, 'web', { selector: { app: 'web' }, ports: [{ port: 80 }] }],
  [podDisruptionBudget, 'web', { selector, minAvailable: 1 }],
  [resourceQuota, 'q', { hard: { pods: '20', 'count/configmaps': '20' } }],
  [configMap, 'c', {}],
] as unknown as readonly [KindRef, string, object][]

test('an idle cluster makes no writes but leases', async () => {
  const world = await SimulatedKubelet.create()
  const { cluster } = world
  const shared = { client: cluster.admin, clock: cluster.clock, random: new SeededRandom(), log: silentLogger }
  const informers = newInformerFactory(shared)
  const scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry() })
  informers.start()
  for (const [kind, name, spec] of contents) {
    const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
    const object = {
      apiVersion,
      kind: kind.kind,
      metadata: { namespace, name },
      ...(kind.kind !== 'ConfigMap' && { spec }),
    }
    await cluster.admin.create(kind, object as KubernetesObject)
  }
  const ready = async () => {
    const [web, db] = [
      await cluster.admin.get(deployment, { namespace, name: 'web' }),
      await cluster.admin.get(statefulSet, { namespace, name: 'db' }),
    ]
    return web.status?.availableReplicas === 3 && db.status?.availableReplicas === 2
  }
  await world.until('all is ready', ready, 20)
  await cluster.run(60_000)

  const writes = new Map<string, number>()
  cluster.onWrite(({ key }) => writes.set(key, (writes.get(key) ?? 0) + 1))
  await cluster.run(longMs)
  expect([...writes].filter(([key]) => !key.startsWith('/registry/leases/'))).toEqual([['/registry/minions/node-1', 4]])
  expect(writes.get('/registry/leases/kube-node-lease/node-1')).toBeGreaterThan(100)
  scheduler.stop()
  informers.stop()
  await world.dispose()
}, 60_000)
