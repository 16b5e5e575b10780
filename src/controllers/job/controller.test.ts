import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { job as jobKind } from '../../apis/batch-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Job } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'work' }
const newJob = (spec: Partial<Job['spec']>) =>
  cluster.admin.create<Job>(jobKind, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { ...key },
    spec: {
      template: { metadata: {}, spec: { containers: [{ name: 'c', image: 'busybox' }], restartPolicy: 'Never' } },
      ...spec,
    },
  })
const current = () => cluster.admin.get(jobKind, key)
const pods = async () => (await cluster.admin.list<Pod>(podKind, { namespace: 'default' })).items
const conditions = async () =>
  ((await current()).status?.conditions ?? []).filter(c => c.status === 'True').map(c => `${c.type}: ${c.reason}`)

/** Lets every running pod end. */
async function endPods(phase: 'Succeeded' | 'Failed', exitCode = phase === 'Failed' ? 1 : 0): Promise<void> {
  await playKubelet(cluster)
  const finishedAt = new Date(cluster.clock.now()).toISOString()
  for (const pod of (await pods()).filter(p => p.status?.phase === 'Running')) {
    const state = { terminated: { exitCode, finishedAt } }
    const containerStatuses = [{ name: 'c', image: 'busybox', imageID: '', ready: false, restartCount: 0, state }]
    const status = { ...pod.status, phase, containerStatuses, conditions: [] }
    await cluster.admin.updateStatus(podKind, { ...pod, status })
  }
}

test('a Job runs its completions with the parallelism asked for, and counts each pod once', async () => {
  await newJob({ completions: 3, parallelism: 2 })
  await cluster.until('two pods', async () => (await pods()).length === 2)
  expect((await pods()).every(p => p.metadata.finalizers?.includes('batch.kubernetes.io/job-tracking'))).toBe(true)
  await endPods('Succeeded')
  await cluster.until('the third pod', async () => (await pods()).length === 3)
  await endPods('Succeeded')
  await cluster.until('it is complete', async () => (await conditions()).length === 2)
  expect(await conditions()).toEqual(['SuccessCriteriaMet: CompletionsReached', 'Complete: CompletionsReached'])
  const { status } = await current()
  expect(status).toMatchObject({ succeeded: 3, uncountedTerminatedPods: {}, completionTime: expect.any(String) })
  expect(status?.active ?? 0).toBe(0)
  expect((await pods()).every(p => !p.metadata.finalizers)).toBe(true)
  const events = await cluster.events('work')
  expect(events.filter(e => /^Created pod: work-/.test(e))).toHaveLength(3)
  expect(events).toContain('Job completed')
})

test('a Job fails after its back-off limit, waiting longer each time', async () => {
  await newJob({ backoffLimit: 1 })
  await cluster.until('a pod', async () => (await pods()).length === 1)
  await endPods('Failed')
  await cluster.run(9_000)
  expect(await pods()).toHaveLength(1)
  await cluster.run(2_000)
  expect(await pods()).toHaveLength(2)
  await endPods('Failed')
  await cluster.until('it has failed', async () => (await conditions()).length === 2)
  expect(await conditions()).toEqual(['FailureTarget: BackoffLimitExceeded', 'Failed: BackoffLimitExceeded'])
  expect((await current()).status?.failed).toBe(2)
  expect(await cluster.events('work')).toContain('Job has reached the specified backoff limit')
})

test('an Indexed Job makes one pod for each index, named and told so', async () => {
  await newJob({ completions: 3, parallelism: 3, completionMode: 'Indexed' })
  await cluster.until('three pods', async () => (await pods()).length === 3)
  const made = (await pods()).sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1))
  expect(made.map(p => p.metadata.annotations?.['batch.kubernetes.io/job-completion-index'])).toEqual(['0', '1', '2'])
  expect(made.map(p => p.spec.hostname)).toEqual(['work-0', 'work-1', 'work-2'])
  expect(made[1]?.metadata.name).toMatch(/^work-1-[a-z0-9]{5}$/)
  expect(made[0]?.spec.containers[0]?.env).toEqual([
    {
      name: 'JOB_COMPLETION_INDEX',
      valueFrom: {
        fieldRef: { apiVersion: 'v1', fieldPath: "metadata.labels['batch.kubernetes.io/job-completion-index']" },
      },
    },
  ])
  await endPods('Succeeded')
  await cluster.until('it is complete', async () => (await conditions()).length === 2)
  expect((await current()).status).toMatchObject({ succeeded: 3, completedIndexes: '0-2' })
})

test('a Job is suspended and resumed', async () => {
  await newJob({ suspend: true })
  await cluster.until('it is suspended', async () => (await conditions()).includes('Suspended: JobSuspended'))
  expect(await pods()).toHaveLength(0)
  expect((await current()).status?.startTime).toBeUndefined()
  const patch = { type: 'application/merge-patch+json', body: { spec: { suspend: false } } } as const
  await cluster.admin.patch(jobKind, key, patch)
  await cluster.until('a pod', async () => (await pods()).length === 1)
  expect((await current()).status?.startTime).toBeDefined()
  await cluster.admin.patch(jobKind, key, { ...patch, body: { spec: { suspend: true } } })
  await cluster.until('the pod goes', async () => {
    await playKubelet(cluster)
    return (await pods()).length === 0
  })
  expect((await current()).status?.failed ?? 0).toBe(0)
})

test('a Job ends at its deadline, and its pods with it', async () => {
  await newJob({ activeDeadlineSeconds: 20 })
  await cluster.until('a pod', async () => (await pods()).length === 1)
  await playKubelet(cluster)
  await cluster.run(21_000)
  expect(await conditions()).toEqual(['FailureTarget: DeadlineExceeded'])
  await cluster.until('it has failed', async () => {
    await playKubelet(cluster)
    return (await conditions()).includes('Failed: DeadlineExceeded')
  })
})

test('a pod failure policy fails the Job at once, or looks the other way', async () => {
  const rules = [
    { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
    { action: 'Ignore', onExitCodes: { operator: 'In', values: [7] } },
  ]
  await newJob({ podFailurePolicy: { rules }, backoffLimit: 0 })
  await cluster.until('a pod', async () => (await pods()).length === 1)
  await endPods('Failed', 7)
  await cluster.run(12_000)
  expect(await pods()).toHaveLength(2)
  const [second] = (await pods()).filter(p => p.status?.phase !== 'Failed')
  await endPods('Failed', 42)
  await cluster.until('it has failed', async () => (await conditions()).includes('Failed: PodFailurePolicy'))
  const failed = (await current()).status?.conditions?.find(c => c.type === 'Failed')
  expect(failed?.message).toBe(
    `Container c for pod default/${second?.metadata.name} failed with exit code 42 matching FailJob rule at index 0`,
  )
})

test('pods of a deleted Job are freed of its finalizer', async () => {
  await newJob({})
  await cluster.until('a pod', async () => (await pods()).length === 1)
  await cluster.admin.delete(jobKind, key as ObjectKey, { propagationPolicy: 'Background' })
  await cluster.until('nothing is left', async () => {
    await playKubelet(cluster)
    return (await pods()).length === 0
  })
})
