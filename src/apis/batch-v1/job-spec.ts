/** Validation of a Job's spec, which CronJob's template shares. */
import { type FieldError, invalid, notSupported, required, tooLong } from '../../machinery/field-error.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { podTemplateWarnings, validatePodTemplateSpec } from '../core-v1/pod-template.js'
import type { JobSpec, SuccessPolicy } from '../generated/batch-v1.js'
import { domainPrefixedPath } from '../validation/domain-prefixed-path.js'
import { nonNegativeFields } from '../validation/numbers.js'
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.js'

const maxParallelismForIndexedJob = 100_000
const maxFailedIndexesForIndexedJob = 100_000
const completionsSoftLimit = 100_000
const parallelismLimitForHighCompletions = 10_000
const maxFailedIndexesForHighCompletions = 10_000
const maxManagedByLength = 63

/** All of the spec but the selector, which only a Job itself has. */
export function* validateJobSpec(spec: JobSpec, path: string): Generator<FieldError> {
  yield* nonNegativeFields(spec, path, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ])
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    yield required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified')
  if (spec.managedBy !== undefined) {
    yield* domainPrefixedPath(spec.managedBy, `${path}.managedBy`)
    if (spec.managedBy.length > maxManagedByLength) yield tooLong(`${path}.managedBy`, maxManagedByLength)
  }
  yield* validateCompletionMode(spec, path)
  if (spec.podFailurePolicy) yield* validatePodFailurePolicy(spec, `${path}.podFailurePolicy`)
  if (spec.successPolicy) {
    if (spec.completionMode === 'Indexed') yield* validateSuccessPolicy(spec, `${path}.successPolicy`)
    else yield invalid(`${path}.successPolicy`, goForm(spec.successPolicy), 'requires indexed completion mode')
  }
  yield* validatePodReplacementPolicy(spec, `${path}.podReplacementPolicy`)
  yield* validatePodTemplateSpec(spec.template, `${path}.template`)
  yield* validateRestartPolicy(spec, `${path}.template.spec.restartPolicy`)
}

/** As upstream's messages print it: its internal type has no JSON names. */
const goForm = (policy: SuccessPolicy) => {
  const rules = policy.rules ?? (givenEmpty(policy, 'rules') as SuccessPolicy['rules'] | undefined)
  const shown = rules?.map(({ succeededIndexes, succeededCount }) => ({
    SucceededIndexes: succeededIndexes ?? null,
    SucceededCount: succeededCount ?? null,
  }))
  return { Rules: shown ?? null }
}

function* validateCompletionMode(spec: JobSpec, path: string): Generator<FieldError> {
  const { completionMode: mode = 'NonIndexed' } = spec
  if (mode !== 'NonIndexed' && mode !== 'Indexed')
    yield notSupported(`${path}.completionMode`, mode, ['NonIndexed', 'Indexed'])
  if (mode === 'Indexed') yield* validateIndexed(spec, path)
  if (mode === 'NonIndexed')
    for (const field of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const)
      if (spec[field] !== undefined) yield invalid(`${path}.${field}`, spec[field], 'requires indexed completion mode')
}

function* validateIndexed(spec: JobSpec, path: string): Generator<FieldError> {
  const { completions, parallelism, maxFailedIndexes } = spec
  if (completions === undefined) yield required(`${path}.completions`, 'when completion mode is Indexed')
  if (parallelism !== undefined && parallelism > maxParallelismForIndexedJob)
    yield invalid(
      `${path}.parallelism`,
      parallelism,
      `must be less than or equal to ${maxParallelismForIndexedJob} when completion mode is Indexed`,
    )
  if (completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions)
    yield invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions')
  if (maxFailedIndexes !== undefined && maxFailedIndexes > maxFailedIndexesForIndexedJob)
    yield invalid(
      `${path}.maxFailedIndexes`,
      maxFailedIndexes,
      `must be less than or equal to ${maxFailedIndexesForIndexedJob}`,
    )
  if (completions !== undefined && completions > completionsSoftLimit && spec.backoffLimitPerIndex !== undefined)
    yield* validateHighCompletions(spec, path)
}

function* validateHighCompletions(spec: JobSpec, path: string): Generator<FieldError> {
  const { parallelism, maxFailedIndexes } = spec
  const tooHigh = (limit: number) =>
    `must be less than or equal to ${limit} when completions are above ${completionsSoftLimit} and used with backoff limit per index`
  if (maxFailedIndexes === undefined)
    yield required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${completionsSoftLimit}`)
  if (parallelism !== undefined && parallelism > parallelismLimitForHighCompletions)
    yield invalid(`${path}.parallelism`, parallelism, tooHigh(parallelismLimitForHighCompletions))
  if (maxFailedIndexes !== undefined && maxFailedIndexes > maxFailedIndexesForHighCompletions)
    yield invalid(`${path}.maxFailedIndexes`, maxFailedIndexes, tooHigh(maxFailedIndexesForHighCompletions))
}

function* validatePodReplacementPolicy(spec: JobSpec, path: string): Generator<FieldError> {
  const policy = spec.podReplacementPolicy
  if (policy === undefined) return
  const supported = spec.podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  if (!supported.includes(policy)) yield notSupported(path, policy, supported)
}

function* validateRestartPolicy({ template, podFailurePolicy }: JobSpec, path: string): Generator<FieldError> {
  const policy = template.spec?.restartPolicy ?? ''
  // Always is what the default fills in, so upstream takes it for "not given".
  if (policy === 'Always' || policy === '') yield required(path, 'valid values: "OnFailure", "Never"')
  else if (policy !== 'OnFailure' && policy !== 'Never') yield notSupported(path, policy, ['OnFailure', 'Never'])
  else if (podFailurePolicy && policy !== 'Never')
    yield invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
}

/** Warnings for the client about a spec that upstream could not track, and about the template. */
export function jobSpecWarnings(spec: JobSpec, path: string, old?: JobSpec): string[] {
  const { completionMode, completions = 0, parallelism = 0 } = spec
  const huge =
    completionMode === 'Indexed' &&
    completions > completionsSoftLimit &&
    parallelism > parallelismLimitForHighCompletions
  return [
    ...(huge
      ? [
          `${path}: In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail`,
        ]
      : []),
    ...podTemplateWarnings(spec.template, `${path}.template`, old?.template),
  ]
}
