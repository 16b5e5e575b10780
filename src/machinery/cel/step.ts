/** The unit that a compiled expression is made of. */
import type { CostMeter } from './cost.js'
import type { CelError, Value } from './values.js'

/** The value of a variable; undefined: the caller gave none. */
export type Variables = (name: string) => Value | undefined

export interface Run {
  readonly variables: Variables
  readonly meter: CostMeter
  /** Variables of comprehensions. An accumulator may hold an error for a while: a later element may decide all the same. */
  readonly slots: (Value | CelError)[]
}

export interface Step {
  (run: Run): Value
  /** What it always is: known before anything runs, and free. */
  readonly constant?: Value
}

export const constantly = (constant: Value): Step => Object.assign(() => constant, { constant })

export const isConstant = (step: Step): step is Step & { constant: Value } => step.constant !== undefined
