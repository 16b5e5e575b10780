/** Evaluates the rules of an object's schema: what it breaks, in upstream's words, within upstream's budget. */
import { CostMeter } from '../cel/cost.js'
import { schemaValue } from '../cel/schema/schema-value.js'
import type { Variables } from '../cel/step.js'
import { CelCancelled, CelError, Optional, type Value } from '../cel/values.js'
import { duplicate, type FieldError, forbidden, invalid, required } from '../field-error.js'
import { isJsonObject, type ValidationRule } from './json-schema.js'
import { Correlation, itemFinder } from './rule-correlation.js'
import { type RuleMessage, runMessage } from './rule-message.js'
import { isRunnable, type RuleProgram } from './rule-program.js'
import type { RuleNode } from './rule-tree.js'

/** All rules of one object together may cost this much: upstream's figure. */
export const ruleBudget = 10_000_000

export interface RuleRun {
  /** Path of the value in errors; `''` for the object itself. */
  path?: string
  /** Errors are of what an update leaves as it was: they are told as warnings. */
  warn?(message: string): void
  /** Default: `ruleBudget`. */
  budget?: number
  /** Old faults count nevertheless: defaults of a schema. */
  strict?: boolean
}

interface Place {
  path: string
  value: unknown
  old: unknown
  correlation: Correlation
}

const isThere = (value: unknown) => value !== null && value !== undefined
const messageOf = ({ rule, message }: ValidationRule) => (message || rule).trim()

function errorFor({ reason }: ValidationRule, field: string, value: string, detail: string): FieldError {
  if (reason === 'FieldValueForbidden') return forbidden(field, detail)
  if (reason === 'FieldValueRequired') return required(field, detail)
  if (reason === 'FieldValueDuplicate') return duplicate(field, value)
  return invalid(field, value, detail)
}

class Evaluation {
  readonly errors: FieldError[] = []

  constructor(
    public left: number,
    private readonly warn: ((message: string) => void) | undefined,
  ) {}

  /** Nothing more is run once the budget is spent. */
  visit(node: RuleNode, place: Place): void {
    if (!isThere(place.value)) return
    this.#rules(node, place)
    if (Array.isArray(place.value)) this.#items(node, place, place.value)
    else if (isJsonObject(place.value)) this.#fields(node, place, place.value)
  }

  #items({ schema, inner }: RuleNode, { path, old, correlation }: Place, list: readonly unknown[]): void {
    if (!inner.items) return
    const oldOf = itemFinder(schema, old)
    for (const [i, value] of list.entries()) {
      if (this.left < 0) return
      this.visit(inner.items, { path: `${path}[${i}]`, value, old: oldOf(value), correlation: correlation.item(i) })
    }
  }

  #fields({ inner }: RuleNode, { path, old, correlation }: Place, object: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(object)) {
      if (this.left < 0) return
      const node = inner.additional ?? inner.properties.get(name)
      if (!node) continue
      const named = path ? `${path}.${name}` : name
      this.visit(node, {
        path: inner.additional ? `${path}[${name}]` : named,
        value,
        old: isJsonObject(old) && Object.hasOwn(old, name) ? old[name] : undefined,
        correlation: correlation.field(name),
      })
    }
  }

  #rules(node: RuleNode, place: Place): void {
    const type = node.schema.type ?? ''
    const field = place.path || '<nil>'
    if (!node.schema['x-kubernetes-validations']?.length) return
    const { programs } = node
    if (!programs) {
      const why = 'failed to convert to declType for CEL validation rules'
      this.errors.push(invalid(field, type, `rule compiler initialization error: ${why}`))
      return
    }
    if (this.left <= 0) this.#stop(invalid(field, type, outOfBudget))
    const variables = this.#variables(
      node,
      place,
      programs.some(program => program.usesOldSelf),
    )
    for (const program of programs) {
      if (this.left < 0) return
      // Rules about a change are for what was there before.
      if (program.usesOldSelf && !isThere(place.old) && !program.rule.optionalOldSelf) continue
      this.#rule(program, { place, type, variables })
    }
  }

  #variables(node: RuleNode, { value, old }: Place, withOld: boolean): { plain: Variables; optional: Variables } {
    const schema = node.valueSchema
    const [self, oldSelf] = [once(() => schemaValue(value, schema)), once(() => schemaValue(old, schema))]
    const hasOld = withOld && isThere(old)
    const optional = once(() => (hasOld ? new Optional(oldSelf()) : Optional.none))
    return {
      plain: name => (name === 'self' ? self() : name === 'oldSelf' && hasOld ? oldSelf() : undefined),
      optional: name => (name === 'self' ? self() : name === 'oldSelf' && withOld ? optional() : undefined),
    }
  }

  #stop(error: FieldError): void {
    this.errors.push(error)
    this.left = -1
  }

  #rule(
    program: RuleProgram,
    at: { place: Place; type: string; variables: { plain: Variables; optional: Variables } },
  ): void {
    const { rule, expression } = program
    const { place, type, variables } = at
    const field = place.path || '<nil>'
    if (!expression) return
    if (!isRunnable(expression)) {
      this.errors.push(invalid(field, type, `rule compile error: ${expression.problem}`))
      return
    }
    const meter = new CostMeter()
    let holds = false
    let failure: Error | undefined
    try {
      holds = expression.compiled.run(rule.optionalOldSelf ? variables.optional : variables.plain, meter).value === true
    } catch (error) {
      if (!(error instanceof CelError || error instanceof CelCancelled)) throw error
      failure = error
    }
    if (meter.spent > this.left) {
      this.#stop(invalid(field, type, outOfBudget))
      return
    }
    this.left -= meter.spent
    if (failure) this.#failed(failure, rule, field, type)
    else if (!holds) this.#broken(program, { place, type, variables: variables.plain })
  }

  #failed(failure: Error, rule: ValidationRule, field: string, type: string): void {
    const told = messageOf(rule)
    if (failure instanceof CelCancelled) {
      const why = `'${failure.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${told}`
      this.#stop(invalid(field, type, why))
      return
    }
    const why = failure.message.startsWith('no such overload')
      ? `'${failure.message}': call arguments did not match a supported operator, function or macro signature for rule: ${told}`
      : `${failure.message} evaluating rule: ${told}`
    this.errors.push(invalid(field, type, why))
  }

  #broken(
    { rule, message, fieldPath, usesOldSelf }: RuleProgram,
    at: { place: Place; type: string; variables: Variables },
  ) {
    const { path, correlation } = at.place
    const field = (fieldPath ? (path ? `${path}.${fieldPath}` : fieldPath) : path) || '<nil>'
    const plain = rule.message ? rule.message.trim() : `failed rule: ${messageOf(rule)}`
    let told: RuleMessage = {}
    if (isRunnable(message)) told = runMessage(message.compiled, rule.messageExpression ?? '', at.variables, this.left)
    const error = told.fatal ? invalid(field, at.type, told.fatal) : errorFor(rule, field, at.type, told.text ?? plain)
    if (!usesOldSelf && correlation.isUnchanged) this.warn?.(`${error.field}: ${error.message}`)
    else this.errors.push(error)
    this.left = told.fatal ? -1 : this.left - (told.cost ?? 0)
  }
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run'

function once<T extends Value>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** `old` is undefined for what is new. `left`: of the budget, negative when it did not suffice. */
export function ruleErrors(
  node: RuleNode,
  { value, old }: { value: unknown; old?: unknown },
  { path = '', warn, budget = ruleBudget, strict }: RuleRun = {},
): { errors: FieldError[]; left: number } {
  const evaluation = new Evaluation(budget, warn)
  const ratchets = old !== undefined && !strict
  const correlation = ratchets ? Correlation.ofUpdate(node.schema, value, old) : Correlation.none
  evaluation.visit(node, { path, value, old, correlation })
  return evaluation
}
