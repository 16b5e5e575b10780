/** Calls of functions: what they cost, what is known of them before they run, and how they fail. */
import { compilePattern, PatternError } from '../structural/pattern.js'
import { costOf, type FunctionCosts } from './cost.js'
import type { FunctionDeclaration } from './declarations.js'
import { constantly, isConstant, type Step } from './step.js'
import { CelError, Optional, typeNameOf, type Value } from './values.js'

/** An expression that passed all checks can still not be run. */
export class CelProgramError extends Error {}

const conversionNames = new Set('bool bytes double duration dyn int string timestamp type uint'.split(' '))

export interface Invocation {
  fn: FunctionDeclaration
  /** The receiver first. */
  operands: readonly Step[]
  overloads: readonly string[]
}

/** Throws CelProgramError. */
export function invoke({ fn, operands, overloads }: Invocation, costs: FunctionCosts): Step {
  const [first, second] = operands
  if (conversionNames.has(fn.name) && operands.length === 1 && isConstant(first!))
    return constantly(convert(fn, first.constant))
  if (fn.name === '@in' && isConstant(second!)) return membership(fn, first!, second.constant)
  if (fn.name === 'or' || fn.name === 'orValue') return unlessHeld(fn, operands)
  if (fn.name === 'find' || fn.name === 'findAll') checkPattern(second!)
  const cost = costOf({ name: fn.name, overload: overloads.length === 1 ? overloads[0]! : '' }, costs)
  return run => {
    try {
      const values = operands.map(operand => operand(run))
      const result = fn.call(...values)
      if (result === undefined) throw noOverload(fn.name, values)
      run.meter.add(cost(values, result))
      return result
    } catch (error) {
      // A call costs even when it fails.
      if (error instanceof CelError) run.meter.add(1)
      throw error
    }
  }
}

/** What cannot be converted is found before anything runs. Throws CelProgramError. */
function convert(fn: FunctionDeclaration, value: Value): Value {
  try {
    const result = fn.call(value)
    if (result === undefined) throw noOverload(fn.name, [value])
    return result
  } catch (error) {
    if (error instanceof CelError) throw new CelProgramError(error.message)
    throw error
  }
}

/** Throws CelProgramError. */
function checkPattern({ constant }: Step): void {
  if (typeof constant !== 'string') return
  try {
    compilePattern(constant)
  } catch (error) {
    if (error instanceof PatternError) throw new CelProgramError(error.message)
    throw error
  }
}

/** Looking into a constant list or map is free. */
const membership =
  (fn: FunctionDeclaration, item: Step, container: Value): Step =>
  run => {
    const result = fn.call(item(run), container)
    if (result === undefined) throw new CelError('no such overload')
    return result
  }

/** The alternative of an optional is looked at only when it is needed. */
const unlessHeld =
  (fn: FunctionDeclaration, [first, second]: readonly Step[]): Step =>
  run => {
    const value = first!(run)
    if (!(value instanceof Optional)) throw noOverload(fn.name, [value])
    if (value.value === undefined) return second!(run)
    return fn.name === 'or' ? value : value.value
  }

/** These check their operands themselves; for others the runtime tells what it was asked. */
const silent = /^(?:_[-+*/%[].*|-_|!_|@in|contains|startsWith|endsWith|matches)$/u
const named = /^(?:size|_[<>]=?_)$/u

function noOverload(name: string, values: readonly Value[]): CelError {
  if (silent.test(name)) return new CelError('no such overload')
  if (named.test(name)) return new CelError(`no such overload: ${name}`)
  return new CelError(`no such overload: ${name}(${values.map(typeNameOf).join(', ')})`)
}
