/** Work that ends. */
import { cronJob, job } from '../../../../src/apis/batch-v1/index.js'
import { pod } from '../../../../src/apis/core-v1/index.js'
import { playKubelet, type TestCluster } from '../../../../src/controllers/testing/cluster.js'
import type { ObjectKey } from '../../../../src/machinery/object-meta.js'
import { container, create, list, merge, named, prepare, type Scenario, untilGone } from '../scenario.js'

const toEnd = { spec: { containers: [container()], restartPolicy: 'Never' } }

/** Lets every running pod end; those named fail instead. */
async function endPods(cluster: TestCluster, fails: (index: string) => boolean = () => false): Promise<void> {
  await playKubelet(cluster)
  const finishedAt = new Date(cluster.clock.now()).toISOString()
  for (const { metadata, status } of await list(cluster, pod)) {
    if (status?.phase !== 'Running') continue
    const failed = fails(metadata.annotations?.['batch.kubernetes.io/job-completion-index'] ?? '')
    const state = { terminated: { exitCode: failed ? 1 : 0, finishedAt } }
    const body = {
      status: {
        phase: failed ? 'Failed' : 'Succeeded',
        containerStatuses: [{ ...container(), imageID: '', ready: false, restartCount: 0, state }],
      },
    }
    const patch = { type: 'application/merge-patch+json', body } as const
    await cluster.admin.patch(pod, metadata as ObjectKey, patch, { subresource: 'status' })
  }
}

const untilFinished = (cluster: TestCluster, name: string) =>
  cluster.until(`${name} is complete`, async () => {
    await endPods(cluster)
    const found = (await list(cluster, job)).find(({ metadata }) => metadata.name === name)
    return found?.status?.conditions?.some(({ type }) => type === 'Complete') ?? false
  })

export const jobs: readonly Scenario[] = [
  {
    name: 'Job with completions, and an indexed one with a failure',
    accounts: ['job-controller'],
    async play(cluster) {
      await prepare(cluster)
      await create(cluster, job, 'work', { spec: { completions: 4, parallelism: 2, template: toEnd } })
      await untilFinished(cluster, 'work')
      await create(cluster, job, 'parts', {
        spec: { completions: 3, parallelism: 3, completionMode: 'Indexed', template: toEnd },
      })
      await cluster.until('three parts', async () => (await list(cluster, pod)).length === 7)
      await endPods(cluster, index => index === '1')
      await untilFinished(cluster, 'parts')
      await cluster.until('nothing is tracked', async () =>
        (await list(cluster, pod)).every(p => !p.metadata.finalizers),
      )
    },
  },
  {
    name: 'Job is suspended, resumed, deleted',
    accounts: ['job-controller', 'generic-garbage-collector'],
    async play(cluster) {
      await prepare(cluster)
      await create(cluster, job, 'work', { spec: { completions: 2, parallelism: 2, template: toEnd } })
      await cluster.until('two pods', async () => {
        await playKubelet(cluster)
        return (await list(cluster, pod)).filter(p => p.status?.phase === 'Running').length === 2
      })
      await merge(cluster, job, named('work'), { spec: { suspend: true } })
      await cluster.until('no pod', async () => {
        await playKubelet(cluster)
        return (await list(cluster, pod)).length === 0
      })
      await merge(cluster, job, named('work'), { spec: { suspend: false } })
      await cluster.until('two pods', async () => (await list(cluster, pod)).length === 2)
      await cluster.admin.delete(job, named('work'), { propagationPolicy: 'Background' })
      await cluster.until('no pod', async () => {
        await playKubelet(cluster)
        return (await list(cluster, pod)).length === 0
      })
    },
  },
  {
    name: 'Job is removed after its time',
    accounts: ['ttl-after-finished-controller', 'generic-garbage-collector'],
    async play(cluster) {
      await prepare(cluster)
      await create(cluster, job, 'brief', { spec: { ttlSecondsAfterFinished: 5, template: toEnd } })
      await untilFinished(cluster, 'brief')
      await cluster.run(6_000)
      await untilGone(cluster, job, named('brief'))
      await cluster.until('no pod', async () => (await list(cluster, pod)).length === 0)
    },
  },
  {
    name: 'CronJob starts a Job each minute and keeps one',
    accounts: ['cronjob-controller', 'job-controller'],
    async play(cluster) {
      await prepare(cluster)
      await create(cluster, cronJob, 'tick', {
        spec: { schedule: '* * * * *', successfulJobsHistoryLimit: 1, jobTemplate: { spec: { template: toEnd } } },
      })
      for (let minute = 0; minute < 2; minute++) {
        await cluster.run(60_000)
        await cluster.until('nothing runs', async () => {
          await endPods(cluster)
          const found = await cluster.admin.get(cronJob, named('tick'))
          return !found.status?.active?.length && found.status?.lastSuccessfulTime !== undefined
        })
      }
      await cluster.until('one is left', async () => {
        await playKubelet(cluster)
        return (await list(cluster, job)).length === 1 && (await list(cluster, pod)).length === 1
      })
    },
  },
]
