/** Runs compiled expressions of a policy or webhook for one request, within a budget. */
import { perCallLimit } from '../../../machinery/cel/cost.js'
import { jsonValue } from '../../../machinery/cel/json-value.js'
import { CelCancelled, CelError, type MapValue, type Value } from '../../../machinery/cel/values.js'
import type { NamedExpression } from './compiled-policy.js'

/** Upstream's budgets: of the validations of a binding, and of match conditions. */
export const validationBudget = 10_000_000
export const matchConditionBudget = 2_500_000

/** What an expression came to, or why it came to nothing. */
export type Outcome = { value: Value } | { error: string }

/** The expressions of a policy together cost too much. */
export class OutOfBudget extends Error {
  constructor() {
    super('validation failed due to running out of cost budget, no further validation rules will be run')
  }
}

export interface EvaluationOptions {
  budget: number
  /** JSON by the name of the variable; what is absent is null. */
  documents: Readonly<Record<string, unknown>>
  /** Values of other sorts. */
  values?: Readonly<Record<string, Value>>
  /** Evaluated when an expression first names one. */
  variables?: ReadonlyMap<string, NamedExpression>
}

export class Evaluation {
  #left: number
  readonly #options: EvaluationOptions
  readonly #results = new Map<string, Outcome>()
  readonly #adapted = new Map<string, Value>()

  constructor(options: EvaluationOptions) {
    this.#options = options
    this.#left = options.budget
  }

  /** Throws OutOfBudget, and what an authorizer throws while it has no answer. */
  run({ text, result }: NamedExpression): Outcome {
    if ('problem' in result) return { error: `compilation error: ${result.problem.detail}` }
    try {
      const { value, cost } = result.compiled.run(name => this.#value(name), perCallLimit)
      this.#spend(cost)
      return { value }
    } catch (error) {
      if (error instanceof CelCancelled) this.#spend(perCallLimit)
      if (!(error instanceof CelError || error instanceof CelCancelled)) throw error
      return { error: `expression '${text}' resulted in error: ${error.message}` }
    }
  }

  #spend(cost: number): void {
    this.#left -= cost
    if (this.#left < 0) throw new OutOfBudget()
  }

  #value(name: string): Value | undefined {
    if (name === 'variables') return this.#composed()
    const { values, documents } = this.#options
    const special = values?.[name]
    if (special !== undefined) return special
    let value = this.#adapted.get(name)
    if (value === undefined) this.#adapted.set(name, (value = jsonValue(documents[name])))
    return value
  }

  #composed(): MapValue {
    const { variables = new Map<string, NamedExpression>() } = this.#options
    return {
      map: true,
      size: variables.size,
      keys: () => variables.keys(),
      get: key => {
        const variable = typeof key === 'string' ? variables.get(key) : undefined
        return variable && this.#variable(variable)
      },
    }
  }

  #variable(variable: NamedExpression): Value {
    let outcome = this.#results.get(variable.name)
    if (!outcome) this.#results.set(variable.name, (outcome = this.#compute(variable)))
    if ('error' in outcome)
      throw new CelError(`composited variable "${variable.name}" fails to evaluate: ${outcome.error}`)
    return outcome.value
  }

  #compute({ name, result }: NamedExpression): Outcome {
    if ('problem' in result)
      throw new CelError(`composited variable "${name}" fails to compile: ${result.problem.detail}`)
    try {
      const { value, cost } = result.compiled.run(other => this.#value(other), perCallLimit)
      this.#spend(cost)
      return { value }
    } catch (error) {
      if (error instanceof CelError) return { error: error.message }
      throw error
    }
  }
}
