import { expect, test } from '@jest/globals'
import type { CronJob, Job } from '../generated/batch-v1.js'
import { cells, createErrors, prepared, statusErrors, updateErrors } from '../kind-testing.js'
import { cronJob } from './cron-job.js'
import { job } from './job.js'

const newJob = (spec: Partial<Job['spec']> = {}): Job => ({
  metadata: { name: 'pi', namespace: 'default', uid: 'u1' },
  spec: {
    template: { metadata: {}, spec: { restartPolicy: 'Never', containers: [{ name: 'pi', image: 'perl' }] } },
    ...spec,
  },
})
const newCronJob = (spec: Partial<CronJob['spec']> = {}): CronJob => ({
  metadata: { name: 'tick', namespace: 'default' },
  spec: { schedule: '* * * * *', jobTemplate: { metadata: {}, spec: newJob().spec }, ...spec },
})

test('selector and labels are made from uid and name', () => {
  const { spec } = prepared(job, newJob())
  expect(spec.selector).toEqual({ matchLabels: { 'batch.kubernetes.io/controller-uid': 'u1' } })
  expect(spec.template.metadata?.labels).toEqual({
    'job-name': 'pi',
    'batch.kubernetes.io/job-name': 'pi',
    'controller-uid': 'u1',
    'batch.kubernetes.io/controller-uid': 'u1',
  })
  expect(spec).toMatchObject({
    completions: 1,
    parallelism: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
  })
})

test.each([
  { name: 'a whole job', spec: {}, errors: [] },
  {
    name: 'pods that restart always',
    spec: { template: { spec: { containers: [{ name: 'a', image: 'a' }] } } },
    errors: ['spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"'],
  },
  {
    name: 'an indexed job without completions',
    spec: { completionMode: 'Indexed', parallelism: 2 },
    errors: ['spec.completions: Required value: when completion mode is Indexed'],
  },
  {
    name: 'a limit by index without indexes',
    spec: { backoffLimitPerIndex: 1 },
    errors: ['spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode'],
  },
  {
    name: 'a failure policy without an operator',
    spec: { podFailurePolicy: { rules: [{ action: 'Ignore', onExitCodes: { operator: '', values: [2, 1] } }] } },
    errors: [
      'spec.podFailurePolicy.rules[0].onExitCodes.operator: Required value: valid values: ["In" "NotIn"]',
      'spec.podFailurePolicy.rules[0].onExitCodes.values: Invalid value: [2,1]: must be ordered',
    ],
  },
])('validation of $name', ({ spec, errors }) => {
  expect(createErrors(job, newJob(spec as Partial<Job['spec']>))).toEqual(errors)
})

test('the template does not change once pods may run', () => {
  const old = prepared(job, newJob())
  const next = prepared(job, newJob())
  next.spec.template.spec!.nodeSelector = { disk: 'ssd' }
  expect(updateErrors(job, next, old)).toEqual([expect.stringContaining('spec.template: Invalid value')])
  old.spec.suspend = true
  expect(updateErrors(job, next, old)).toEqual([])
})

test('a job is complete only when its criteria are met, and then has a completion time', () => {
  const old = prepared(job, newJob())
  const done: Job = {
    ...old,
    status: { startTime: '2024-01-01T00:00:00Z', conditions: [{ type: 'Complete', status: 'True' }] },
  }
  expect(statusErrors(job, done, old)).toEqual([
    'status.conditions: Invalid value: cannot set Complete=True condition without the SuccessCriteriaMet=true condition',
    'status.completionTime: Required value: completionTime is required for Complete jobs',
  ])
})

test('columns tell state, completions and duration', () => {
  const object = prepared(job, newJob({ completions: 3 }))
  object.status = { succeeded: 1, startTime: '1970-01-01T00:00:00Z' }
  expect(cells(job, object, 60_000)).toMatchObject({ Status: 'Running', Completions: '1/3', Duration: '60s' })
})

test.each([
  { name: 'a whole cron job', spec: {}, errors: [] },
  { name: 'no schedule', spec: { schedule: '' }, errors: ['spec.schedule: Required value'] },
  {
    name: 'a zone in the schedule',
    spec: { schedule: 'TZ=UTC * * * * *' },
    errors: [
      'spec.schedule: Invalid value: "TZ=UTC * * * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead',
    ],
  },
  {
    name: 'an unknown zone',
    spec: { timeZone: 'Mars/Olympus' },
    errors: ['spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus'],
  },
])('cron job validation of $name', ({ spec, errors }) => {
  expect(createErrors(cronJob, newCronJob(spec))).toEqual(errors)
})

test('names of cron jobs leave room for a suffix', () => {
  const object = newCronJob()
  object.metadata.name = 'x'.repeat(53)
  expect(createErrors(cronJob, object)).toEqual([
    `metadata.name: Invalid value: "${'x'.repeat(53)}": must be no more than 52 characters`,
  ])
})
