/** Makes a function of a checked expression: each node becomes a closure. */
import type { Call, Comprehension, Entry, Expr } from './ast.js'
import type { Checked } from './checker.js'
import { CostMeter, type FunctionCosts, listCost, mapCost, structCost } from './cost.js'
import type { Environment } from './declarations.js'
import { invoke } from './invocation.js'
import { hasField, indexValue, selectField } from './selection.js'
import { constantly, isConstant, type Run, type Step, type Variables } from './step.js'
import {
  CelError,
  EntryMap,
  elementsOf,
  isList,
  isMap,
  newList,
  Optional,
  typeNameOf,
  typeValueOf,
  type Value,
} from './values.js'

export interface Evaluation {
  value: Value
  cost: number
}

/** Throws CelError; CelCancelled when it costs more than the limit. A meter also tells what was spent until then. */
export type Program = (variables: Variables, costLimit?: number | CostMeter) => Evaluation

/** Throws CelProgramError. */
export function compile(checked: Checked, environment: Environment, costs: FunctionCosts): Program {
  const compiler = new Compiler(checked, environment, costs)
  const step = compiler.compile(checked.expr)
  return (variables, costLimit) => {
    const meter = costLimit instanceof CostMeter ? costLimit : new CostMeter(costLimit)
    const value = step({ variables, meter, slots: [] })
    return { value, cost: meter.spent }
  }
}

class Compiler {
  /** Comprehension variables in scope: name and slot, innermost last. */
  readonly #scope: { name: string; slot: number }[] = []
  #slots = 0

  constructor(
    private readonly checked: Checked,
    private readonly environment: Environment,
    private readonly costs: FunctionCosts,
  ) {}

  compile(expr: Expr): Step {
    switch (expr.kind) {
      case 'literal':
        return constantly(expr.value)
      case 'ident':
        return this.#name(this.checked.names.get(expr.id) ?? expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr.entries)
      case 'struct':
        return this.#struct(expr)
      case 'comprehension':
        return this.#comprehension(expr)
    }
  }

  #name(name: string): Step {
    const local = this.#scope.findLast(variable => variable.name === name)
    if (local)
      return ({ meter, slots }) => {
        meter.add(1)
        const value = slots[local.slot]!
        if (value instanceof CelError) throw value
        return value
      }
    const type = this.environment.variable(name) ? undefined : this.environment.typeNamed(name)
    if (type) {
      return constantly(typeValueOf(type))
    }
    return ({ meter, variables }) => {
      meter.add(1)
      const value = variables(name)
      if (value === undefined) throw new CelError(`no such attribute(s): ${name}`)
      return value
    }
  }

  #select(expr: Expr & { kind: 'select' }): Step {
    const name = this.checked.names.get(expr.id)
    if (name !== undefined) return this.#name(name)
    const operand = this.compile(expr.operand)
    const { field } = expr
    if (expr.testOnly)
      return run => {
        const value = operand(run)
        return hasField(value, field)
      }
    const cost = selectionCost(expr.operand)
    return run => {
      const value = selectField(operand(run), field)
      if (value !== Optional.none) run.meter.add(cost)
      return value
    }
  }

  #list({ elements, optional }: Expr & { kind: 'list' }): Step {
    const steps = elements.map(element => this.compile(element))
    if (steps.every(isConstant) && !optional.size) return constantly(newList(steps.map(step => step.constant!)))
    return run => {
      const items: Value[] = []
      for (const [i, step] of steps.entries()) {
        const value = step(run)
        if (!optional.has(i)) items.push(value)
        else if ((value as Optional).value !== undefined) items.push((value as Optional).value!)
      }
      run.meter.add(listCost)
      return newList(items)
    }
  }

  #map(entries: readonly Entry[]): Step {
    const steps = entries.map(({ key, value, optional }) => ({
      key: this.compile(key),
      value: this.compile(value),
      optional,
    }))
    const build = (run: Run): Value => {
      const map = new EntryMap()
      for (const step of steps) {
        const key = step.key(run)
        const value = step.value(run)
        const present = step.optional ? (value as Optional).value : value
        if (present !== undefined) map.set(key, present)
      }
      run.meter.add(mapCost)
      return map
    }
    const fixed = steps.every(({ key, value, optional }) => isConstant(key) && isConstant(value) && !optional)
    return fixed ? constantly(build(noRun)) : build
  }

  #struct({ id, fields }: Expr & { kind: 'struct' }): Step {
    const typeName = this.checked.names.get(id)!
    const steps = fields.map(({ name, value, optional }) => ({ name, step: this.compile(value), optional }))
    return run => {
      const values = new Map<string, Value>()
      for (const { name, step, optional } of steps) {
        const value = step(run)
        const present = optional ? (value as Optional).value : value
        if (present !== undefined) values.set(name, present)
      }
      run.meter.add(structCost)
      return newStruct(typeName, values)
    }
  }

  #call(expr: Call): Step {
    const { name, target, args } = expr
    if (name === '_&&_' && !target) return this.#logical(args, false)
    if (name === '_||_' && !target) return this.#logical(args, true)
    if (name === '_?_:_' && !target) return this.#conditional(args)
    if (name === '_?._' && !target) return this.#optionalField(args)
    if ((name === '_[_]' || name === '_[?_]') && !target) return this.#index(args, name === '_[?_]')
    if (name === '@not_strictly_false') return this.#notStrictlyFalse(args[0]!)
    const dotted = this.checked.functions.get(expr.id)
    const fn = dotted ?? this.environment.function(name.replace(/^\./u, ''))!
    const operands = (target && !dotted ? [target, ...args] : args).map(arg => this.compile(arg))
    return invoke({ fn, operands, overloads: this.checked.overloads.get(expr.id) ?? [] }, this.costs)
  }

  /** Either operand may decide, and then an error of the other does not count. */
  #logical([left, right]: readonly Expr[], deciding: boolean): Step {
    const steps = [this.compile(left!), this.compile(right!)] as const
    return run => {
      let failure: unknown
      for (const step of steps)
        try {
          const value = step(run)
          if (value === deciding) return deciding
          if (typeof value !== 'boolean') failure ??= new CelError('no such overload')
        } catch (error) {
          if (!(error instanceof CelError)) throw error
          failure ??= error
        }
      if (failure) throw failure
      return !deciding
    }
  }

  #conditional([condition, yes, no]: readonly Expr[]): Step {
    const test = this.compile(condition!)
    const [ifTrue, ifFalse] = [this.#uncharged(yes!), this.#uncharged(no!)]
    return run => {
      const value = test(run)
      if (typeof value !== 'boolean') throw new CelError('no such overload')
      return value ? ifTrue(run) : ifFalse(run)
    }
  }

  /** A variable as an index, or chosen by a condition, costs nothing. */
  #uncharged(expr: Expr): Step {
    const step = this.compile(expr)
    if (expr.kind !== 'ident' || isConstant(step)) return step
    return run => {
      run.meter.add(-1)
      return step(run)
    }
  }

  #optionalField([operand, field]: readonly Expr[]): Step {
    const step = this.compile(operand!)
    const name = String((field as Expr & { kind: 'literal' }).value)
    return run => {
      const value = step(run)
      const held = value instanceof Optional ? value.value : value
      if (held === undefined || !hasField(held, name)) return Optional.none
      run.meter.add(1)
      return new Optional(selectField(held, name))
    }
  }

  #index([operand, key]: readonly Expr[], optional: boolean): Step {
    const [step, keyStep] = [this.compile(operand!), this.#uncharged(key!)]
    const cost = selectionCost(operand!)
    return run => {
      const [value, index] = [step(run), keyStep(run)]
      const result = indexValue(value, index, optional)
      if (result !== Optional.none) run.meter.add(cost)
      return result
    }
  }

  /** An error counts as true: a comprehension goes on past it. */
  #notStrictlyFalse(arg: Expr): Step {
    const step = this.compile(arg)
    return run => {
      try {
        const value = step(run)
        run.meter.add(1)
        return value !== false
      } catch (error) {
        if (error instanceof CelError) return true
        throw error
      }
    }
  }

  #comprehension(expr: Comprehension): Step {
    const range = this.compile(expr.range)
    const init = this.compile(expr.init)
    const [accu, first, second] = [this.#slots++, this.#slots++, this.#slots++]
    this.#scope.push({ name: expr.accu, slot: accu })
    this.#scope.push({ name: expr.iter, slot: first })
    if (expr.iter2 !== undefined) this.#scope.push({ name: expr.iter2, slot: second })
    const condition = this.compile(expr.condition)
    const step = this.compile(expr.step)
    this.#scope.length -= expr.iter2 === undefined ? 1 : 2
    const result = this.compile(expr.result)
    this.#scope.pop()
    const pairs = expr.iter2 !== undefined
    return run => {
      const { slots } = run
      const items = iterate(range(run), pairs)
      slots[accu] = attempt(init, run)
      for (const [a, b] of items) {
        slots[first] = a
        slots[second] = b
        if (condition(run) === false) break
        slots[accu] = attempt(step, run)
      }
      return result(run)
    }
  }
}

const selections = new Set(['_[_]', '_[?_]', '_?._'])

/** Of a field or element: one more where the operand is not a variable or a part of one. */
const selectionCost = (operand: Expr): number =>
  operand.kind === 'ident' || operand.kind === 'select' || (operand.kind === 'call' && selections.has(operand.name))
    ? 1
    : 2

/** The name of cel-go's type. */
function goTypeOf(value: Value): string {
  const name = typeNameOf(value)
  return name === 'null_type' ? 'Null' : `${name[0]!.toUpperCase()}${name.slice(1)}`
}

function attempt(step: Step, run: Run): Value | CelError {
  try {
    return step(run)
  } catch (error) {
    if (error instanceof CelError) return error
    throw error
  }
}

const noRun: Run = { variables: () => undefined, meter: new CostMeter(), slots: [] }

function* iterate(range: Value, pairs: boolean): Generator<readonly [Value, Value]> {
  if (isList(range)) {
    let index = 0n
    for (const item of elementsOf(range)) yield pairs ? [index++, item] : [item, null]
  } else if (isMap(range)) for (const key of range.keys()) yield [key, pairs ? range.get(key)! : null]
  else throw new CelError(`got 'types.${goTypeOf(range)}', expected iterable type`)
}

function newStruct(typeName: string, values: ReadonlyMap<string, Value>): Value {
  return {
    typeName,
    field: name => values.get(name),
    equals: () => false,
  }
}
