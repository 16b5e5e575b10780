/** Match conditions: CEL expressions that must all hold for a webhook or a policy to be called. */
import { duplicate, type FieldError, required, tooMany } from '../../machinery/field-error.js'
import type { MatchCondition } from '../generated/admissionregistration-v1.js'
import { validateQualifiedName } from '../validation/text.js'
import type { Expressions } from './expressions.js'

const maxConditions = 64

/** Names, presence, and that every expression is a condition. */
export function* validateMatchConditions(
  conditions: readonly MatchCondition[],
  path: string,
  expressions: Expressions,
): Generator<FieldError> {
  if (conditions.length > maxConditions) yield tooMany(path, conditions.length, maxConditions)
  const seen = new Set<string>()
  for (const [i, { name, expression }] of conditions.entries()) {
    if (!expression?.trim()) yield required(`${path}[${i}].expression`)
    else yield* expressions.condition(expression.trim(), `${path}[${i}].expression`)
    if (!name) {
      yield required(`${path}[${i}].name`)
      continue
    }
    yield* validateQualifiedName(name, `${path}[${i}].name`)
    if (seen.has(name)) yield duplicate(`${path}[${i}].name`, name)
    seen.add(name)
  }
}
