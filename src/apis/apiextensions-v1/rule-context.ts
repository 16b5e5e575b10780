/** Where rules stand in a definition's schema: what they see of it, and how often they may run. */
import { type DeclaredType, declaredType } from '../../machinery/cel/schema/declared-type.js'
import { escapeFieldName } from '../../machinery/cel/schema/field-names.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'

/** The costs of all rules of a schema. */
export class RuleCosts {
  total = 0
  readonly #single: { path: string; cost: number }[] = []

  add(path: string, cost: number): void {
    this.total += cost
    this.#single.push({ path, cost })
  }

  /** Paths of the four most expensive, where they cost at least `least`. */
  mostExpensive(least: number): string[] {
    const found = this.#single.filter(({ cost }) => cost >= least).sort((a, b) => b.cost - a.cost)
    return found.slice(0, 4).map(({ path }) => path)
  }
}

/** Nothing times anything is nothing, endless costs included. */
export const multiply = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)

/** By how many times values below the schema outnumber its own; undefined: nobody knows. */
function factorOf({ type, additionalProperties, maxProperties, maxItems }: JsonSchema): number | undefined {
  if (type === 'array') return maxItems === undefined ? undefined : Math.max(0, maxItems)
  if (type !== 'object' || additionalProperties === undefined) return 1
  return maxProperties === undefined ? undefined : Math.max(0, maxProperties)
}

/** What of a type a step leads to. */
type Step = (type: DeclaredType) => DeclaredType | undefined

const toElement: Step = type => (type.kind === 'list' || type.kind === 'map' ? type.element : undefined)
const toField =
  (name: string): Step =>
  type =>
    type.kind === 'object' ? type.fields.get(escapeFieldName(name) ?? '') : undefined

export class RuleContext {
  /** At the schema, or above it. */
  readonly hasRules: boolean
  #type: { found: DeclaredType | undefined } | undefined

  private constructor(
    private readonly schema: JsonSchema,
    readonly costs: RuleCosts,
    /** How often values of the schema can stand in an object; undefined: as often as a request has room for. */
    readonly occurrences: number | undefined,
    private readonly parent?: { context: RuleContext; step: Step },
  ) {
    this.hasRules = !!schema['x-kubernetes-validations']?.length || !!parent?.context.hasRules
  }

  static root(schema: JsonSchema): RuleContext {
    return new RuleContext(schema, new RuleCosts(), 1)
  }

  #child(schema: JsonSchema, step: Step): RuleContext {
    const { occurrences } = this
    const factor = factorOf(this.schema)
    const most = occurrences === undefined || factor === undefined ? undefined : multiply(occurrences, factor)
    return new RuleContext(schema, this.costs, most, { context: this, step })
  }

  property(schema: JsonSchema, name: string): RuleContext {
    return this.#child(schema, toField(name))
  }

  element(schema: JsonSchema): RuleContext {
    return this.#child(schema, toElement)
  }

  /** Undefined for values that rules cannot see. Only where there are rules, here or above. */
  get type(): DeclaredType | undefined {
    this.#type ??= { found: this.#typeFromAbove() ?? this.#ownType() }
    return this.#type.found
  }

  #typeFromAbove(): DeclaredType | undefined {
    if (!this.parent?.context.hasRules) return undefined
    const { context, step } = this.parent
    return context.type && step(context.type)
  }

  #ownType(): DeclaredType | undefined {
    return declaredType(this.schema, !this.parent || this.schema['x-kubernetes-embedded-resource'] === true)
  }
}
