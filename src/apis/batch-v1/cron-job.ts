/** CronJob makes a Job at each time of a schedule. */

import { ageSince } from '../../machinery/duration.js'
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { selectorColumn } from '../apps-v1/columns.js'
import { hostnameWarnings } from '../apps-v1/workload.js'
import { dropDisabledPodFields, setPodTemplateDefaults } from '../core-v1/pod-template.js'
import type { CronJob, JobTemplateSpec } from '../generated/batch-v1.js'
import { age } from '../printing/age.js'
import { containerColumns } from '../printing/containers.js'
import { nonNegative } from '../validation/numbers.js'
import { parseCronSchedule } from './cron-schedule.js'
import { setPodFailurePolicyDefaults } from './job-policies.js'
import { jobSpecWarnings, validateJobSpec } from './job-spec.js'

/** 63 less the 11 characters that the controller appends to name a Job. */
const maxNameLength = 52
const policies = ['Allow', 'Forbid', 'Replace']

function* validateSchedule(schedule: string): Generator<FieldError> {
  if (!schedule) {
    yield required('spec.schedule')
    return
  }
  try {
    parseCronSchedule(schedule)
  } catch (error) {
    yield invalid('spec.schedule', schedule, (error as Error).message)
  }
  if (schedule.includes('TZ'))
    yield invalid('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
}

const timeZonePart = /^[A-Za-z.\-_0-9+]{1,14}$/

function isKnownTimeZone(timeZone: string): boolean {
  const parts = timeZone.split('/')
  if (parts.some(p => p === '.' || p === '..' || p.startsWith('-') || !timeZonePart.test(p))) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return true
  } catch {
    return false
  }
}

function* validateTimeZone(timeZone: string | undefined): Generator<FieldError> {
  const path = 'spec.timeZone'
  if (timeZone === undefined) return
  if (timeZone === '') yield invalid(path, timeZone, 'timeZone must be nil or non-empty string')
  else if (timeZone.toLowerCase() === 'local')
    yield invalid(
      path,
      timeZone,
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    )
  else if (!isKnownTimeZone(timeZone)) yield invalid(path, timeZone, `unknown time zone ${timeZone}`)
}

function* validateJobTemplate({ spec }: JobTemplateSpec): Generator<FieldError> {
  const path = 'spec.jobTemplate.spec'
  if (!spec) return
  yield* validateJobSpec(spec, path)
  if (spec.selector) yield invalid(`${path}.selector`, spec.selector, '`selector` will be auto-generated')
  if (spec.manualSelector) yield notSupported(`${path}.manualSelector`, true, ['nil', 'false'])
}

export const cronJob = defineKind<CronJob>({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  scope: 'Namespaced',
  names: { plural: 'cronjobs', shortNames: ['cj'], categories: ['all'] },

  setDefaults({ spec }) {
    spec.concurrencyPolicy ||= 'Allow'
    spec.suspend ??= false
    spec.successfulJobsHistoryLimit ??= 3
    spec.failedJobsHistoryLimit ??= 1
    if (!spec.jobTemplate.spec) return
    setPodFailurePolicyDefaults(spec.jobTemplate.spec)
    setPodTemplateDefaults(spec.jobTemplate.spec.template)
  },

  *validate({ spec }) {
    yield* validateSchedule(spec.schedule)
    yield* nonNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds')
    yield* validateTimeZone(spec.timeZone)
    if (!policies.includes(spec.concurrencyPolicy ?? ''))
      yield notSupported('spec.concurrencyPolicy', spec.concurrencyPolicy, policies)
    yield* validateJobTemplate(spec.jobTemplate)
    yield* nonNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit')
    yield* nonNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit')
  },
  *validateCreate({ metadata }) {
    const { name = '' } = metadata
    if (name.length > maxNameLength)
      yield invalid('metadata.name', name, `must be no more than ${maxNameLength} characters`)
  },
  warnings: (object, old) => [
    ...(old ? [] : hostnameWarnings(object)),
    ...(object.spec.jobTemplate.spec
      ? jobSpecWarnings(object.spec.jobTemplate.spec, 'spec.jobTemplate.spec', old?.spec.jobTemplate.spec)
      : []),
  ],

  strategy: {
    prepareForCreate: ({ spec }) => dropDisabledPodFields(spec.jobTemplate.spec?.template.spec, undefined),
    prepareForUpdate: ({ spec }, { spec: old }) =>
      dropDisabledPodFields(spec.jobTemplate.spec?.template.spec, old.jobTemplate.spec?.template.spec),
  },
  subresources: { status: { skipsMetadata: true } },
  printerColumns: [
    {
      name: 'Schedule',
      description: 'The schedule in Cron format, see https://en.wikipedia.org/wiki/Cron.',
      of: ({ spec }) => spec.schedule,
    },
    {
      name: 'Timezone',
      description:
        'The time zone name for the given schedule, see https://en.wikipedia.org/wiki/List_of_tz_database_time_zones. If not specified, this will default to the time zone of the kube-controller-manager process. The set of valid time zone names and the time zone offset is loaded from the system-wide time zone database by the API server during CronJob validation and the controller manager during execution. If no system-wide time zone database can be found a bundled version of the database is used instead. If the time zone name becomes invalid during the lifetime of a CronJob or due to a change in host configuration, the controller will stop creating new new Jobs and will create a system event with the reason UnknownTimeZone. More information can be found in https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#time-zones',
      of: ({ spec }) => spec.timeZone ?? '<none>',
    },
    {
      name: 'Suspend',
      description:
        'This flag tells the controller to suspend subsequent executions, it does not apply to already started executions.  Defaults to false.',
      type: 'boolean',
      of: ({ spec }) => (spec.suspend === undefined ? '<unset>' : spec.suspend ? 'True' : 'False'),
    },
    {
      name: 'Active',
      description: 'A list of pointers to currently running jobs.',
      type: 'integer',
      of: ({ status }) => status?.active?.length ?? 0,
    },
    {
      name: 'Last Schedule',
      description: 'Information when was the last time the job was successfully scheduled.',
      of: ({ status }, now) => (status?.lastScheduleTime ? ageSince(status.lastScheduleTime, now) : '<none>'),
    },
    age,
    ...containerColumns<CronJob>(({ spec }) => spec.jobTemplate.spec?.template.spec?.containers),
    selectorColumn<CronJob>(
      'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors',
      ({ spec }) => spec.jobTemplate.spec?.selector,
    ),
  ],
})
