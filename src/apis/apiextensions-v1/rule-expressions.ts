/** What the expressions of rules say: they have to compile, to see what they speak of, and not to cost too much. */
import { type FieldError, forbidden, internalFieldError, invalid } from '../../machinery/field-error.js'
import type { JsonSchema, ValidationRule } from '../../machinery/structural/json-schema.js'
import {
  compileRules,
  isRunnable,
  maxOccurrences,
  type RuleExpression,
  type RuleProgram,
} from '../../machinery/structural/rule-program.js'
import { multiply, type RuleContext, type RuleCosts } from './rule-context.js'

/** Upstream's limits, of one expression and of all in a schema. */
const expressionLimit = 10_000_000
const schemaLimit = 100_000_000

export interface RuleSurroundings {
  context: RuleContext
  /** Path of the schema below which nothing can be told from what it was before. */
  uncorrelatable?: string
  /** The schema is what it was before: its rules may cost what they cost. */
  ignoreCost: boolean
}

function costError(path: string, what: string, cost: number, limit: number): FieldError {
  const factor = cost / limit
  const shown = factor > 100 ? 'more than 100' : factor.toFixed(factor < 1.5 ? 6 : 1)
  const how =
    'try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared'
  return forbidden(path, `${what} exceeds budget by factor of ${shown}x (${how})`)
}

/** As upstream's errors show it, by Go's names. */
const goRule = (rule: ValidationRule) => ({
  Rule: rule.rule ?? '',
  Message: rule.message ?? '',
  MessageExpression: rule.messageExpression ?? '',
  Reason: rule.reason ?? null,
  FieldPath: rule.fieldPath ?? '',
  OptionalOldSelf: rule.optionalOldSelf ?? null,
})

const costOf = (expression: RuleExpression | undefined) => (isRunnable(expression) ? expression.maxCost : 0)

function* problemOf(expression: RuleExpression | undefined, rule: ValidationRule, path: string): Generator<FieldError> {
  if (expression && 'problem' in expression) yield invalid(path, goRule(rule), expression.problem)
}

function* messageErrors({ rule, message }: RuleProgram, path: string, { context, ignoreCost }: RuleSurroundings) {
  yield* problemOf(message, rule, path)
  if (!isRunnable(message)) return
  const cost = message.maxCost
  if (!ignoreCost && cost > expressionLimit)
    yield costError(path, 'estimated messageExpression cost', cost, expressionLimit)
  context.costs.add(path, cost)
}

function* oldSelfErrors({ rule, usesOldSelf }: RuleProgram, path: string, uncorrelatable: string | undefined) {
  const { optionalOldSelf } = rule
  if (!usesOldSelf) {
    if (optionalOldSelf !== undefined)
      yield invalid(`${path}.optionalOldSelf`, optionalOldSelf, 'may not be set if oldSelf is not used in rule')
  } else if (uncorrelatable !== undefined) {
    const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`
    yield invalid(`${path}.rule`, rule.rule, why)
  }
}

/** The rules of one schema, which must be right otherwise. The pattern engine must have been loaded. */
export function* expressionErrors(
  schema: JsonSchema,
  path: string,
  surroundings: RuleSurroundings,
): Generator<FieldError> {
  const rules = schema['x-kubernetes-validations']
  if (!rules?.length) return
  const { context, uncorrelatable, ignoreCost } = surroundings
  const { type, costs } = context
  if (!type) {
    const why =
      'internal error: failed to construct type information for x-kubernetes-validations rules: unable to convert structural schema to CEL declarations'
    yield internalFieldError(`${path}.x-kubernetes-validations`, why)
    return
  }
  for (const [i, program] of compileRules(schema, type).entries()) {
    const at = `${path}.x-kubernetes-validations[${i}]`
    const cost = multiply(costOf(program.expression), context.occurrences ?? maxOccurrences(type))
    if (!ignoreCost && cost > expressionLimit)
      yield costError(`${at}.rule`, 'estimated rule cost', cost, expressionLimit)
    costs.add(`${at}.rule`, cost)
    yield* problemOf(program.expression, program.rule, `${at}.rule`)
    yield* messageErrors(program, `${at}.messageExpression`, surroundings)
    yield* oldSelfErrors(program, at, uncorrelatable)
  }
}

/** Of all rules of a schema together. */
export function* totalCostErrors(costs: RuleCosts, path: string): Generator<FieldError> {
  if (costs.total <= schemaLimit) return
  for (const expensive of costs.mostExpensive(schemaLimit / 100))
    yield forbidden(
      expensive,
      'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema',
    )
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  yield costError(path, what, costs.total, schemaLimit)
}
