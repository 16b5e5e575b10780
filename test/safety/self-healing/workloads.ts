/** What runs while everything is killed: a bit of each controller, and of what the scheduler has to heed. */
import { daemonSet, deployment, statefulSet } from '../../../src/apis/apps-v1/index.js'
import { job } from '../../../src/apis/batch-v1/index.js'
import { podDisruptionBudget } from '../../../src/apis/policy-v1/index.js'
import type { TestCluster } from '../../../src/controllers/testing/cluster.js'
import { create, list } from '../controllers/scenario.js'

/** Lost nodes are given up soon. */
const tolerations = ['not-ready', 'unreachable'].map(state => ({
  ...{ key: `node.kubernetes.io/${state}`, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 15 },
}))

interface PodShape {
  container?: string
  cpu?: string
  ports?: object[]
  spec?: object
}

function template(app: string, { container = app, cpu = '500m', ports = [], spec = {} }: PodShape = {}) {
  const main = { name: container, image: 'app:1', resources: { requests: { cpu, memory: '128Mi' } }, ports }
  return { metadata: { labels: { app } }, spec: { containers: [main], tolerations, ...spec } }
}

const selector = (app: string) => ({ matchLabels: { app } })
const apart = (app: string) => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: selector(app) },
      ],
    },
  },
})
const spread = (app: string) => ({
  topologySpreadConstraints: [
    {
      ...{ maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
      ...{ labelSelector: selector(app), nodeTaintsPolicy: 'Honor' },
    },
  ],
})

export async function createWorkloads(cluster: TestCluster): Promise<void> {
  await create(cluster, deployment, 'web', {
    spec: {
      ...{ replicas: 5, selector: selector('web'), template: template('web', { spec: spread('web') }) },
      strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
    },
  })
  await create(cluster, podDisruptionBudget, 'web', { spec: { selector: selector('web'), minAvailable: 3 } })
  const ports = [{ containerPort: 80, hostPort: 8080 }]
  await create(cluster, deployment, 'edge', {
    spec: {
      ...{ replicas: 2, selector: selector('edge'), template: template('edge', { ports }) },
      strategy: { type: 'Recreate' },
    },
  })
  for (const [name, podManagementPolicy] of [
    ['db', 'OrderedReady'],
    ['cache', 'Parallel'],
  ] as const)
    await create(cluster, statefulSet, name, {
      spec: {
        ...{ replicas: 3, serviceName: name, selector: selector(name), podManagementPolicy, updateStrategy: {} },
        template: template(name, { spec: name === 'db' ? apart(name) : {} }),
      },
    })
  await create(cluster, podDisruptionBudget, 'db', { spec: { selector: selector('db'), maxUnavailable: 1 } })
  await create(cluster, daemonSet, 'agent', {
    spec: { selector: selector('agent'), template: template('agent', { cpu: '100m' }), updateStrategy: {} },
  })
  await createJob(cluster, 'work', {})
  await createJob(cluster, 'parts', { completionMode: 'Indexed' })
}

/** Of pods that work for seven seconds. */
export const createJob = (cluster: TestCluster, name: string, spec: object) =>
  create(cluster, job, name, {
    spec: {
      ...{ completions: 8, parallelism: 3, backoffLimit: 100, ...spec },
      template: template(name, { container: 'work', spec: { restartPolicy: 'Never' } }),
    },
  })

const isComplete = ({ status }: { status?: { conditions?: { type: string; status: string }[] } }) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Complete' && is === 'True')

/** What has not come about of all that was asked for. */
export async function missing(cluster: TestCluster, machines: number): Promise<string[]> {
  const [deployments, sets, daemons, jobs] = [
    await list(cluster, deployment),
    await list(cluster, statefulSet),
    await list(cluster, daemonSet),
    await list(cluster, job),
  ]
  const unless = (holds: unknown, what: string) => (holds ? [] : [what])
  return [
    ...deployments.flatMap(({ metadata, spec: { replicas }, status }) =>
      unless(
        status?.availableReplicas === replicas && status?.updatedReplicas === replicas && status?.replicas === replicas,
        `Deployment ${metadata.name}: ${JSON.stringify(status)}`,
      ),
    ),
    ...sets.flatMap(({ metadata, spec, status }) =>
      unless(
        status?.availableReplicas === spec?.replicas && status?.currentRevision === status?.updateRevision,
        `StatefulSet ${metadata.name}: ${JSON.stringify(status)}`,
      ),
    ),
    ...daemons.flatMap(({ metadata, status }) =>
      unless(
        status?.numberAvailable === machines && status.updatedNumberScheduled === machines,
        `DaemonSet ${metadata.name}: ${JSON.stringify(status)}`,
      ),
    ),
    ...jobs.flatMap(found => unless(isComplete(found), `Job ${found.metadata.name}: ${JSON.stringify(found.status)}`)),
  ]
}
