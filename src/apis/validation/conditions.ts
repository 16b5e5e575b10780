/** Validation of metav1.Conditions, as the kinds that use them require it. */
import { duplicate, type FieldError, invalid, notSupported, required, tooLong } from '../../machinery/field-error.js'
import { regexError } from '../../machinery/names.js'
import type { Condition } from '../generated/meta-v1.js'
import { validateQualifiedName } from './text.js'

const statuses = ['False', 'True', 'Unknown']
const maxReasonLength = 1024
const maxMessageLength = 32 * 1024
const reason = '[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?'
const reasonPattern = new RegExp(`^${reason}$`)
const reasonMessage =
  "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'"

function* validateReason(value: string | undefined, path: string): Generator<FieldError> {
  if (!value) {
    yield required(path)
    return
  }
  if (!reasonPattern.test(value))
    yield invalid(
      path,
      value,
      regexError(reasonMessage, reason, 'my_name', 'MY_NAME', 'MyName', 'ReasonA,ReasonB', 'ReasonA:ReasonB'),
    )
  if (value.length > maxReasonLength) yield tooLong(path, maxReasonLength)
}

function* validateCondition(condition: Condition, path: string): Generator<FieldError> {
  const { type, status, observedGeneration = 0, lastTransitionTime, message = '' } = condition
  yield* validateQualifiedName(type, `${path}.type`)
  if (!statuses.includes(status)) yield notSupported(`${path}.status`, status ?? '', statuses)
  if (observedGeneration < 0)
    yield invalid(`${path}.observedGeneration`, observedGeneration, 'must be greater than or equal to zero')
  if (!lastTransitionTime) yield required(`${path}.lastTransitionTime`)
  yield* validateReason(condition.reason, `${path}.reason`)
  if (message.length > maxMessageLength) yield tooLong(`${path}.message`, maxMessageLength)
}

export function* validateConditions(conditions: readonly Condition[] | undefined, path: string): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, condition] of (conditions ?? []).entries()) {
    if (seen.has(condition.type)) yield duplicate(`${path}[${i}].type`, condition.type)
    seen.add(condition.type)
    yield* validateCondition(condition, `${path}[${i}]`)
  }
}
