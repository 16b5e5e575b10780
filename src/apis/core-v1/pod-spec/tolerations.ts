/** Checks of tolerations and of a taint's effect. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { isValidLabelValue } from '../../../machinery/names.js'
import { validateLabelName } from '../../../machinery/selector/index.js'
import type { Toleration } from '../../generated/core-v1.js'

const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const

/** A taint must have an effect; a toleration without one tolerates all. */
export function* validateTaintEffect(effect: string | undefined, path: string): Generator<FieldError> {
  if (!effect) yield required(path)
  else if (!effects.includes(effect as never)) yield notSupported(path, effect, effects)
}

function* validateOperator({ operator = '', value = '' }: Toleration, path: string): Generator<FieldError> {
  if (operator === '' || operator === 'Equal') {
    const messages = isValidLabelValue(value)
    if (messages.length) yield invalid(path, value, messages.join(';'))
  } else if (operator === 'Exists') {
    if (value) yield invalid(path, value, "value must be empty when `operator` is 'Exists'")
  } else yield notSupported(path, operator, ['Equal', 'Exists'])
}

/** spec.tolerations. */
export function* validateTolerations(
  tolerations: readonly Toleration[] | undefined,
  path: string,
): Generator<FieldError> {
  for (const [i, toleration] of (tolerations ?? []).entries()) {
    const at = `${path}[${i}]`
    const { key, operator = '', effect = '', tolerationSeconds } = toleration
    if (key) yield* validateLabelName(key, `${at}.key`)
    else if (operator !== 'Exists')
      yield invalid(
        `${at}.operator`,
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      )
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      yield invalid(`${at}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")
    yield* validateOperator(toleration, `${at}.operator`)
    if (effect) yield* validateTaintEffect(effect, `${at}.effect`)
  }
}

const sameButSeconds = (a: Toleration, b: Toleration) =>
  (a.key ?? '') === (b.key ?? '') &&
  (a.operator ?? '') === (b.operator ?? '') &&
  (a.value ?? '') === (b.value ?? '') &&
  (a.effect ?? '') === (b.effect ?? '')

/** On update tolerations may only be added; tolerationSeconds may change. */
export function* validateOnlyAddedTolerations(
  tolerations: readonly Toleration[] | undefined,
  old: readonly Toleration[] | undefined,
  path: string,
): Generator<FieldError> {
  const kept = (old ?? []).every(before => (tolerations ?? []).some(now => sameButSeconds(before, now)))
  if (!kept) yield forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')
  else yield* validateTolerations(tolerations, path)
}
