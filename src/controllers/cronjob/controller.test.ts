import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { cronJob as cronJobKind, job as jobKind } from '../../apis/batch-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { CronJob } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { addNode, playKubelet, startTestCluster, type TestCluster } from '../testing/cluster.js'

let cluster: TestCluster
beforeEach(async () => {
  cluster = await startTestCluster()
  await addNode(cluster)
  await cluster.run(1_000)
})
afterEach(() => cluster.stop())

const key = { namespace: 'default', name: 'tick' }
const newCronJob = (spec: Partial<CronJob['spec']> = {}) =>
  cluster.admin.create<CronJob>(cronJobKind, {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { ...key },
    spec: {
      schedule: '* * * * *',
      jobTemplate: {
        metadata: { labels: { app: 'tick' } },
        spec: {
          template: { metadata: {}, spec: { containers: [{ name: 'c', image: 'busybox' }], restartPolicy: 'Never' } },
        },
      },
      ...spec,
    },
  })
const current = () => cluster.admin.get(cronJobKind, key)
const jobs = async () => (await cluster.admin.list(jobKind, { namespace: 'default' })).items
async function endPods(): Promise<void> {
  await playKubelet(cluster)
  const { items } = await cluster.admin.list<Pod>(podKind, { namespace: 'default' })
  for (const { metadata, status } of items) {
    if (status?.phase !== 'Running') continue
    const patch = { type: 'application/merge-patch+json', body: { status: { phase: 'Succeeded' } } } as const
    await cluster.admin.patch(podKind, { namespace: 'default', name: metadata.name ?? '' }, patch, {
      subresource: 'status',
    })
  }
}

test('a CronJob starts a Job each minute, and keeps as many as it is told to', async () => {
  await newCronJob({ successfulJobsHistoryLimit: 1 })
  await cluster.run(60_000)
  const [first] = await jobs()
  const minute = Math.floor(cluster.clock.now() / 60_000)
  expect(first?.metadata).toMatchObject({
    name: `tick-${minute}`,
    labels: { app: 'tick' },
    annotations: { 'batch.kubernetes.io/cronjob-scheduled-timestamp': '2025-01-01T00:01:00Z' },
  })
  expect((await current()).status).toMatchObject({
    active: [{ kind: 'Job', name: `tick-${minute}` }],
    lastScheduleTime: '2025-01-01T00:01:00Z',
  })
  await endPods()
  await cluster.until('nothing runs', async () => ((await current()).status?.active ?? []).length === 0)
  expect((await current()).status?.lastSuccessfulTime).toBeDefined()
  await cluster.run(60_000)
  await endPods()
  await cluster.until('one is left', async () => (await jobs()).filter(j => !j.metadata.deletionTimestamp).length === 1)
  const events = await cluster.events('tick')
  expect(events).toEqual(
    expect.arrayContaining([
      `Created job tick-${minute}`,
      `Saw completed job: tick-${minute}, condition: Complete`,
      `Deleted job tick-${minute}`,
    ]),
  )
})

test('with Forbid no second Job starts beside the first; with Replace the first goes', async () => {
  await newCronJob({ concurrencyPolicy: 'Forbid' })
  await cluster.run(121_000)
  expect(await jobs()).toHaveLength(1)
  const [first] = await jobs()
  const patch = { type: 'application/merge-patch+json', body: { spec: { concurrencyPolicy: 'Replace' } } } as const
  await cluster.admin.patch(cronJobKind, key, patch)
  await cluster.run(60_000)
  await cluster.until('another', async () => {
    await playKubelet(cluster)
    const now = await jobs()
    return now.length === 1 && now[0]?.metadata.uid !== first?.metadata.uid
  })
})

test('a suspended CronJob starts nothing; resumed, it makes up for one run within the deadline', async () => {
  await newCronJob({ suspend: true, startingDeadlineSeconds: 30 })
  await cluster.run(200_000)
  expect(await jobs()).toHaveLength(0)
  const patch = { type: 'application/merge-patch+json', body: { spec: { suspend: false } } } as const
  await cluster.admin.patch(cronJobKind, key, patch)
  await cluster.run(1_000)
  expect(await jobs()).toHaveLength(1)
})

test('a schedule that never comes is told of', async () => {
  await newCronJob({ schedule: '59 23 31 2 *' })
  const text = 'invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second'
  await cluster.until('it is told', async () => (await cluster.events('tick')).includes(text))
})

test('a Job of the history that cannot be deleted does not keep the next from starting', async () => {
  await cluster.stop()
  const refuse = () => Promise.reject(new Error('refused'))
  const wrapClient = (client: Client, account: string) =>
    account === 'cronjob-controller' ? { ...client, delete: refuse } : client
  cluster = await startTestCluster({ wrapClient })
  await addNode(cluster)
  await newCronJob({ successfulJobsHistoryLimit: 0 })
  await cluster.run(61_000)
  await endPods()
  await cluster.until('it is told', async () => (await cluster.events('tick')).includes('Deleted job: refused'))
  await cluster.run(60_000)
  expect(await jobs()).toHaveLength(2)
})

test('a finished Job goes when its time to live has passed', async () => {
  await cluster.admin.create(jobKind, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { namespace: 'default', name: 'short' },
    spec: {
      ttlSecondsAfterFinished: 30,
      template: { metadata: {}, spec: { containers: [{ name: 'c', image: 'busybox' }], restartPolicy: 'Never' } },
    },
  })
  await cluster.run(1_000)
  await endPods()
  await cluster.run(20_000)
  expect(await jobs()).toHaveLength(1)
  await cluster.until('it is gone', async () => {
    await playKubelet(cluster)
    return (await jobs()).length === 0
  })
})
