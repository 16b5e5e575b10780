/** What limits and scales others. */
import { validatingAdmissionPolicy } from '../../../../src/apis/admissionregistration-v1/validating-admission-policy.js'
import { deployment, replicaSet } from '../../../../src/apis/apps-v1/index.js'
import { horizontalPodAutoscaler } from '../../../../src/apis/autoscaling-v2/index.js'
import { configMap, pod, resourceQuota } from '../../../../src/apis/core-v1/index.js'
import { podDisruptionBudget } from '../../../../src/apis/policy-v1/index.js'
import type { Client } from '../../../../src/client/client.js'
import { playKubelet } from '../../../../src/controllers/testing/cluster.js'
import { formatTime } from '../../../../src/machinery/clock.js'
import {
  container,
  create,
  keepAlive,
  list,
  merge,
  named,
  prepare,
  type Scenario,
  template,
  untilIs,
} from '../scenario.js'

const web = { selector: { matchLabels: { app: 'web' } }, template: template('web') }

/** Every pod uses half of the memory it asks for. */
const withMetrics = (client: Client): Client => ({
  ...client,
  async list(kind, options) {
    if (kind.group !== 'metrics.k8s.io') return client.list(kind, options)
    const { items } = await client.list(pod, options)
    const used = {
      timestamp: '2025-01-01T00:00:00Z',
      window: '30s',
      containers: [{ name: 'c', usage: { memory: '50Mi' } }],
    }
    return { metadata: {}, items: items.map(({ metadata }) => ({ metadata, ...used })) } as never
  },
})

export const policy: readonly Scenario[] = [
  {
    name: 'Budget follows pods, evictions use it up',
    accounts: ['disruption-controller'],
    async play(cluster) {
      await prepare(cluster)
      const budget = [podDisruptionBudget, named('web')] as const
      const healthy = (count: number) =>
        untilIs(cluster, budget, ({ status }) => status?.currentHealthy === count && status.disruptionsAllowed === 1)
      await create(cluster, replicaSet, 'web', { spec: { replicas: 3, ...web } })
      await create(cluster, podDisruptionBudget, 'web', { spec: { selector: web.selector, minAvailable: 2 } })
      await healthy(3)
      const [first] = await list(cluster, pod)
      const metadata = named(first?.metadata.name ?? '')
      await cluster.admin.createSubresource(pod, metadata, 'eviction', {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata,
      })
      await healthy(3)
    },
  },
  {
    name: 'Disruption that did not come is taken back',
    accounts: ['disruption-controller'],
    async play(cluster) {
      await prepare(cluster)
      await keepAlive(cluster, 'node-1')
      await create(cluster, pod, 'web', { spec: { containers: [container()] } })
      await playKubelet(cluster)
      const announced = {
        type: 'DisruptionTarget',
        status: 'True',
        lastTransitionTime: formatTime(cluster.clock.now()),
      }
      const body = { status: { conditions: [announced] } }
      const patch = { type: 'application/merge-patch+json', body } as const
      await cluster.admin.patch(pod, named('web'), patch, { subresource: 'status' })
      await cluster.run(121_000)
      await untilIs(cluster, [pod, named('web')], ({ status }) =>
        status?.conditions?.some(({ type, status: is }) => type === announced.type && is === 'False'),
      )
    },
  },
  {
    name: 'Quota counts what there is',
    accounts: ['resourcequota-controller'],
    async play(cluster) {
      await prepare(cluster)
      const quota = [resourceQuota, named('q')] as const
      const uses = (count: string) =>
        untilIs(cluster, quota, ({ status }) => status?.used?.['count/configmaps'] === count)
      await create(cluster, resourceQuota, 'q', { spec: { hard: { 'count/configmaps': '9', pods: '5' } } })
      await uses('1')
      await create(cluster, configMap, 'a', {})
      await create(cluster, configMap, 'b', {})
      await uses('3')
      await cluster.admin.delete(configMap, named('a'))
      await uses('2')
    },
  },
  {
    name: 'Owners go, dependents follow or are orphaned',
    accounts: ['generic-garbage-collector'],
    async play(cluster) {
      await prepare(cluster)
      const running = (name: string) =>
        untilIs(cluster, [deployment, named(name)], ({ status }) => status?.availableReplicas === 2)
      for (const name of ['back', 'front', 'orphan']) {
        const labels = { app: name }
        await create(cluster, deployment, name, {
          spec: { replicas: 2, strategy: {}, selector: { matchLabels: labels }, template: template(name) },
        })
        await running(name)
      }
      await cluster.admin.delete(deployment, named('back'), { propagationPolicy: 'Background' })
      await cluster.admin.delete(deployment, named('front'), { propagationPolicy: 'Foreground' })
      await cluster.admin.delete(deployment, named('orphan'), { propagationPolicy: 'Orphan' })
      await cluster.until('only the orphans stay', async () => {
        await playKubelet(cluster)
        const [deployments, sets, pods] = [
          await list(cluster, deployment),
          await list(cluster, replicaSet),
          await list(cluster, pod),
        ]
        return deployments.length === 0 && sets.length === 1 && !sets[0]?.metadata.ownerReferences && pods.length === 2
      })
    },
  },
  {
    name: 'Autoscaler keeps within its bounds',
    accounts: ['horizontal-pod-autoscaler'],
    options: () => ({ wrapClient: withMetrics }),
    async play(cluster) {
      await prepare(cluster)
      await keepAlive(cluster, 'node-1')
      const asking = template('web', 'one', {
        containers: [container('one', { resources: { requests: { memory: '100Mi' } } })],
      })
      await create(cluster, deployment, 'web', { spec: { replicas: 1, strategy: {}, ...web, template: asking } })
      const metrics = [
        { type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } } },
      ]
      const scaler = [horizontalPodAutoscaler, named('web')] as const
      await create(cluster, horizontalPodAutoscaler, 'web', {
        spec: {
          scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
          minReplicas: 3,
          maxReplicas: 5,
          metrics,
        },
      })
      await cluster.run(20_000)
      await untilIs(cluster, [deployment, named('web')], ({ status }) => status?.availableReplicas === 3)
      await merge(cluster, ...scaler, { spec: { minReplicas: 1, maxReplicas: 2 } })
      // Longer than recommendations are remembered.
      await cluster.run(400_000)
      await untilIs(cluster, [deployment, named('web')], ({ status }) => status?.availableReplicas === 2)
      await untilIs(cluster, scaler, ({ status }) => status?.currentReplicas === 2 && status.desiredReplicas === 2)
    },
  },
  {
    name: 'Policy is checked',
    accounts: ['validatingadmissionpolicy-status-controller'],
    async play(cluster) {
      const p = [validatingAdmissionPolicy, { name: 'p' }] as const
      const spec = (expression: string) => ({
        matchConstraints: {
          resourceRules: [{ apiGroups: ['apps'], apiVersions: ['v1'], operations: ['*'], resources: ['deployments'] }],
        },
        validations: [{ expression }],
      })
      await create(cluster, validatingAdmissionPolicy, 'p', { spec: spec("object.spec.replicas == 'one'") })
      await untilIs(cluster, p, ({ status }) => status?.observedGeneration === 1)
      await merge(cluster, ...p, { spec: spec('object.spec.replicas > 1') })
      await untilIs(cluster, p, ({ status }) => status?.observedGeneration === 2)
    },
  },
]
