/** Validation of a Job's failure and success policies. */
import {
  duplicate,
  type FieldError,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../machinery/field-error.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
  SuccessPolicyRule,
} from '../generated/batch-v1.js'
import { nonNegative } from '../validation/numbers.js'
import { invalidOmitted } from '../validation/omitted-value.js'
import { validateQualifiedName } from '../validation/text.js'
import { countIndexes } from './indexes.js'

const maxRules = 20
const maxPatterns = 20
const maxExitCodes = 255
const maxSucceededIndexesLength = 64 * 1024
const actions = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const statuses = ['False', 'True', 'Unknown']
const operators = ['In', 'NotIn']

/** `valid values: ["In" "NotIn"]`: a Go slice of strings, quoted. */
const validValues = (values: readonly string[]) => `valid values: [${values.map(v => JSON.stringify(v)).join(' ')}]`

function* oneOf(value: string | undefined, path: string, supported: readonly string[]): Generator<FieldError> {
  if (!value) yield required(path, validValues(supported))
  else if (!supported.includes(value)) yield notSupported(path, value, supported)
}

/** A condition without status means True. */
export function setPodFailurePolicyDefaults({ podFailurePolicy }: JobSpec): void {
  for (const rule of podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True'
}

/** `spec.podFailurePolicy` must be there. */
export function* validatePodFailurePolicy(spec: JobSpec, path: string): Generator<FieldError> {
  const rules = spec.podFailurePolicy?.rules ?? []
  if (rules.length > maxRules) yield tooMany(`${path}.rules`, rules.length, maxRules)
  for (const [i, rule] of rules.entries()) yield* validateRule(spec, rule, `${path}.rules[${i}]`)
}

function* validateRule(spec: JobSpec, rule: PodFailurePolicyRule, path: string): Generator<FieldError> {
  const { action, onExitCodes, onPodConditions = [] } = rule
  yield* oneOf(action, `${path}.action`, actions)
  if (action === 'FailIndex' && spec.backoffLimitPerIndex === undefined)
    yield invalid(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set')
  if (onExitCodes) {
    // An absent list may stand there as null.
    const { containers, initContainers } = spec.template.spec ?? {}
    const names = [...(containers ?? []), ...(initContainers ?? [])].map(c => c.name)
    yield* validateExitCodes(onExitCodes, `${path}.onExitCodes`, names)
  }
  yield* validatePodConditions(onPodConditions, `${path}.onPodConditions`)
  if (onExitCodes && onPodConditions.length)
    yield invalidOmitted(path, 'specifying both OnExitCodes and OnPodConditions is not supported')
  if (!onExitCodes && !onPodConditions.length)
    yield invalidOmitted(path, 'specifying one of OnExitCodes and OnPodConditions is required')
}

function* validatePodConditions(
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  path: string,
): Generator<FieldError> {
  if (patterns.length > maxPatterns) yield tooMany(path, patterns.length, maxPatterns)
  for (const [i, { type, status }] of patterns.entries()) {
    yield* validateQualifiedName(type, `${path}[${i}].type`)
    yield* oneOf(status, `${path}[${i}].status`, statuses)
  }
}

function* validateExitCodes(
  requirement: PodFailurePolicyOnExitCodesRequirement,
  path: string,
  containers: readonly string[],
): Generator<FieldError> {
  const { operator, containerName, values: given } = requirement
  yield* oneOf(operator, `${path}.operator`, operators)
  if (containerName !== undefined && !containers.includes(containerName))
    yield invalid(
      `${path}.containerName`,
      containerName,
      'must be one of the container or initContainer names in the pod template',
    )
  const values = given ?? []
  if (!values.length)
    yield invalid(
      `${path}.values`,
      given ?? givenEmpty(requirement, 'values') ?? null,
      'at least one value is required',
    )
  else if (values.length > maxExitCodes) yield tooMany(`${path}.values`, values.length, maxExitCodes)
  for (const [i, value] of values.entries()) {
    if (operator === 'In' && value === 0)
      yield invalid(`${path}.values[${i}]`, value, 'must not be 0 for the In operator')
    if (values.indexOf(value) < i) yield duplicate(`${path}.values[${i}]`, value)
  }
  if (values.some((value, i) => i > 0 && values[i - 1]! > value))
    yield invalid(`${path}.values`, values, 'must be ordered')
}

/** `spec.successPolicy` must be there, and the Job be indexed. */
export function* validateSuccessPolicy(spec: JobSpec, path: string): Generator<FieldError> {
  const rules = spec.successPolicy?.rules ?? []
  if (!rules.length)
    yield required(`${path}.rules`, 'at least one rules must be specified when the successPolicy is specified')
  if (rules.length > maxRules) yield tooMany(`${path}.rules`, rules.length, maxRules)
  for (const [i, rule] of rules.entries())
    yield* validateSuccessRule(rule, `${path}.rules[${i}]`, spec.completions ?? 0)
}

function* validateSuccessRule(
  { succeededCount: count, succeededIndexes: indexes }: SuccessPolicyRule,
  path: string,
  completions: number,
): Generator<FieldError> {
  if (count === undefined && indexes === undefined)
    yield required(path, 'at least one of succeededCount or succeededIndexes must be specified')
  let total = 0
  if (indexes !== undefined) {
    if (indexes.length > maxSucceededIndexesLength) yield tooLong(`${path}.succeededIndexes`, maxSucceededIndexesLength)
    try {
      total = countIndexes(indexes, completions)
    } catch (error) {
      const { message } = error as Error
      yield invalid(`${path}.succeededIndexes`, indexes, `error parsing succeededIndexes: ${message}`)
    }
  }
  if (count === undefined) return
  yield* nonNegative(count, `${path}.succeededCount`)
  if (count > completions)
    yield invalid(
      `${path}.succeededCount`,
      count,
      `must be less than or equal to ${completions} (the number of specified completions)`,
    )
  if (indexes !== undefined && count > total)
    yield invalid(
      `${path}.succeededCount`,
      count,
      `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`,
    )
}
