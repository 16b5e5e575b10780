/** What an expression may cost, told from its text and what is known of the sizes of its variables: cel-go's estimate. */
import type { Call, Comprehension, Expr } from './ast.js'
import { Uint } from './ast.js'
import type { Checked } from './checker.js'
import { codePointLength, listCost, mapCost, structCost } from './cost.js'
import { type CallEstimate, estimateCall, type SizedNode } from './estimate-calls.js'
import { exactly, nothing, type Range, sum, times, union, unknownSize } from './range.js'
import type { CelType } from './types.js'

/**
 * The size of what stands at a path, such as `['self', 'spec', 'names', '@items']`; undefined where nothing is known. `@items`,
 * `@keys`, `@values` and `@indices` are the elements of lists and maps. Without a path there is only the type.
 */
export type SizeOf = (path: readonly string[] | undefined, type: CelType) => Range | undefined

/** Sizes of the keys (or indices) and values of a list or map. */
interface EntrySizes {
  container: 'list' | 'map'
  key: Range
  value: Range
}

interface Local {
  path: readonly string[]
  size: Range | undefined
  entries: EntrySizes | undefined
}

export const estimateCost = (checked: Checked, sizeOf: SizeOf): Range =>
  new Estimator(checked, sizeOf).cost(checked.expr)

class Estimator {
  readonly #paths = new Map<number, readonly string[]>()
  readonly #sizes = new Map<number, Range>()
  readonly #entries = new Map<number, EntrySizes>()
  readonly #locals: { name: string; local: Local }[] = []

  constructor(
    private readonly checked: Checked,
    private readonly sizeOf: SizeOf,
  ) {}

  cost(expr: Expr): Range {
    switch (expr.kind) {
      case 'literal':
        return nothing
      case 'ident':
        return this.#named(expr, expr.name)
      case 'select':
        return this.#select(expr)
      case 'call':
        return this.#call(expr)
      case 'list':
        return this.#list(expr)
      case 'map':
        return this.#map(expr)
      case 'struct':
        return sum(...expr.fields.map(({ value }) => this.cost(value)), exactly(structCost))
      case 'comprehension':
        return isBinding(expr) ? this.#binding(expr) : this.#comprehension(expr)
    }
  }

  #type(expr: Expr): CelType {
    return this.checked.types.get(expr.id)!
  }

  #local(name: string): Local | undefined {
    return this.#locals.findLast(entry => entry.name === name)?.local
  }

  #path(expr: Expr): readonly string[] {
    const local = expr.kind === 'ident' ? this.#local(expr.name) : undefined
    return local?.path ?? this.#paths.get(expr.id) ?? []
  }

  #named(expr: Expr, name: string): Range {
    this.#paths.set(expr.id, this.#local(name)?.path ?? [name])
    return exactly(1)
  }

  #select(expr: Expr & { kind: 'select' }): Range {
    const name = this.checked.names.get(expr.id)
    if (name !== undefined) return this.#named(expr, name)
    const operand = this.cost(expr.operand)
    if (expr.testOnly) return operand
    this.#paths.set(expr.id, [...this.#path(expr.operand), expr.field])
    const { kind } = this.#type(expr.operand)
    return kind === 'map' || kind === 'struct' || kind === 'param' ? sum(operand, exactly(1)) : operand
  }

  #call(expr: Call): Range {
    if (expr.name === 'dyn' && !expr.target) return this.#dyn(expr)
    const argCosts = expr.args.map(arg => this.cost(arg))
    const args = expr.args.map(arg => this.#node(arg))
    const overloads = this.checked.overloads.get(expr.id) ?? []
    if (!overloads.length) return nothing
    const receiver = this.checked.functions.has(expr.id) ? undefined : expr.target
    const targetCost = receiver ? this.cost(receiver) : nothing
    const target = receiver && this.#node(receiver)
    const name = this.checked.functions.get(expr.id)?.name ?? expr.name
    let cost: Range = { min: Number.POSITIVE_INFINITY, max: 0 }
    let size: Range | undefined
    for (const overload of overloads) {
      const estimate = this.#overload({ name, overload, target, args, argCosts }, expr)
      cost = union(cost, estimate.cost)
      if (estimate.size) size = size ? union(size, estimate.size) : estimate.size
      size = this.#indexed(expr, overload) ?? size ?? this.#size(expr)
    }
    if (size) this.#sizes.set(expr.id, size)
    return sum(targetCost, cost)
  }

  /** It only switches type checking off. */
  #dyn(expr: Call): Range {
    const [arg] = expr.args
    const cost = sum(exactly(1), this.cost(arg!))
    this.#copySizes(expr, arg!)
    return cost
  }

  #copySizes(to: Expr, from: Expr): void {
    const [size, entries] = [this.#size(from), this.#entriesOf(from)]
    if (size) this.#sizes.set(to.id, size)
    if (entries) this.#entries.set(to.id, entries)
  }

  #indexed(expr: Call, overload: string): Range | undefined {
    if (overload !== 'index_list' && overload !== 'index_map') return undefined
    const container = expr.args[0]!
    this.#paths.set(expr.id, [...this.#path(container), overload === 'index_list' ? '@items' : '@values'])
    return this.#entriesOf(container)?.value
  }

  #overload(call: Parameters<typeof estimateCall>[0] & { argCosts: readonly Range[] }, expr: Call): CallEstimate {
    const { overload, args, argCosts } = call
    const argCost = sum(...argCosts)
    if (overload === 'logical_and' || overload === 'logical_or') {
      const [left, right] = argCosts as [Range, Range]
      return { cost: { min: left.min, max: sum(left, right).max } }
    }
    if (overload === 'conditional') return this.#conditional(expr, args, argCosts)
    if (overload.startsWith('add_')) this.#joinEntries(expr, expr.args[0]!, expr.args[1]!)
    const { cost, size } = estimateCall(call)
    return { cost: sum(cost, argCost), ...(size && { size }) }
  }

  #conditional(expr: Call, args: readonly SizedNode[], [test, yes, no]: readonly Range[]): CallEstimate {
    this.#joinEntries(expr, expr.args[1]!, expr.args[2]!)
    const size = union(args[1]!.size ?? unknownSize, args[2]!.size ?? unknownSize)
    return { cost: sum(test!, union(yes!, no!)), size }
  }

  #joinEntries(expr: Expr, a: Expr, b: Expr): void {
    const [left, right] = [this.#entriesOf(a), this.#entriesOf(b)]
    if (left && right)
      this.#entries.set(expr.id, {
        container: left.container,
        key: union(left.key, right.key),
        value: union(left.value, right.value),
      })
  }

  #node(expr: Expr): SizedNode {
    const path = this.#path(expr)
    // What an accumulator holds is nobody's field.
    const shown = path.length && path[0] !== '@result' && path[0] !== '__result__' ? path : undefined
    const type = this.#type(expr)
    return {
      type,
      size: this.#size(expr),
      literal: expr.kind === 'literal' ? expr.value : undefined,
      elementSize: () => {
        const [element] = type.params
        return element && (this.sizeOf(shown && [...shown, '@items'], element) ?? unknownSize)
      },
    }
  }

  #size(expr: Expr): Range | undefined {
    const known = this.#sizes.get(expr.id) ?? literalSize(expr)
    if (known) return known
    const path = this.#path(expr)
    const told = this.sizeOf(path.length ? path : undefined, this.#type(expr))
    if (told) {
      this.#sizes.set(expr.id, told)
      return told
    }
    if (isScalar(this.#type(expr))) return exactly(1)
    return expr.kind === 'ident' ? this.#local(expr.name)?.size : undefined
  }

  #entriesOf(expr: Expr): EntrySizes | undefined {
    return this.#entries.get(expr.id) ?? (expr.kind === 'ident' ? this.#local(expr.name)?.entries : undefined)
  }

  #unionOfSizes(exprs: readonly Expr[]): Range {
    if (!exprs.length) return nothing
    return exprs.map(expr => this.#size(expr) ?? unknownSize).reduce(union)
  }

  #list(expr: Expr & { kind: 'list' }): Range {
    const cost = sum(...expr.elements.map(element => this.cost(element)))
    this.#entries.set(expr.id, { container: 'list', key: exactly(1), value: this.#unionOfSizes(expr.elements) })
    return sum(cost, exactly(listCost))
  }

  #map(expr: Expr & { kind: 'map' }): Range {
    const cost = sum(...expr.entries.flatMap(({ key, value }) => [this.cost(key), this.cost(value)]))
    const key = this.#unionOfSizes(expr.entries.map(entry => entry.key))
    const value = this.#unionOfSizes(expr.entries.map(entry => entry.value))
    this.#entries.set(expr.id, { container: 'map', key, value })
    return sum(cost, exactly(mapCost))
  }

  #binding({ range, accu, init, result, ...expr }: Comprehension): Range {
    const before = sum(this.cost(range), this.cost(init))
    const local = { path: this.#path(init), size: this.#size(init), entries: this.#entriesOf(init) }
    this.#locals.push({ name: accu, local })
    const cost = sum(before, this.cost(result))
    this.#locals.pop()
    this.#copySizes({ ...expr, range, accu, init, result }, result)
    return cost
  }

  #comprehension(expr: Comprehension): Range {
    const { range, accu, init, iter, iter2 } = expr
    const before = sum(this.cost(range), this.cost(init))
    const accuLocal = { path: this.#path(init), size: this.#size(init), entries: this.#entriesOf(init) }
    this.#locals.push({ name: accu, local: accuLocal })
    const variables = this.#iterationVariables(expr)
    this.#locals.push({ name: iter, local: variables[0] })
    if (iter2 !== undefined) this.#locals.push({ name: iter2, local: variables[1]! })
    const round = sum(this.cost(expr.condition), this.cost(expr.step))
    this.#locals.length -= iter2 === undefined ? 1 : 2
    const result = this.cost(expr.result)
    this.#locals.pop()
    const count = this.#size(range) ?? unknownSize
    this.#resultSizes(expr, count)
    return sum(before, result, times(count, round))
  }

  #resultSizes({ id, init, step }: Comprehension, count: Range): void {
    const initial = init.kind === 'literal' ? this.#size(init) : undefined
    if (initial) this.#sizes.set(id, initial)
    if (init.kind !== 'list' && init.kind !== 'map') return
    this.#sizes.set(id, count)
    const entries = this.#entriesOf(step)
    if (entries) this.#entries.set(id, entries)
  }

  #iterationVariables({ range, iter2 }: Comprehension): [Local, Local?] {
    const entries = this.#entriesOf(range)
    const isList = (entries?.container ?? this.#type(range).kind) === 'list'
    const path = this.#path(range)
    const local = (part: string, size: Range | undefined): Local => ({
      path: [...path, part],
      size,
      entries: undefined,
    })
    const value = local(isList ? '@items' : '@values', entries?.value)
    const key = local(isList ? '@indices' : '@keys', entries?.key)
    return iter2 === undefined ? [isList ? value : key] : [key, value]
  }
}

const isBinding = ({ range, condition, accu }: Comprehension): boolean =>
  range.kind === 'list' &&
  !range.elements.length &&
  condition.kind === 'literal' &&
  condition.value === false &&
  accu !== '__result__'

function isScalar({ kind, name, params }: CelType): boolean {
  if (kind === 'opaque' && name === 'optional_type') return isScalar(params[0]!)
  return ['bool', 'double', 'duration', 'int', 'timestamp', 'uint'].includes(kind)
}

function literalSize(expr: Expr): Range | undefined {
  if (expr.kind === 'list') return exactly(expr.elements.length)
  if (expr.kind === 'map') return exactly(expr.entries.length)
  if (expr.kind !== 'literal') return undefined
  const { value } = expr
  if (typeof value === 'string') return exactly(codePointLength(value))
  return exactly(value !== null && typeof value === 'object' && !(value instanceof Uint) ? value.length : 1)
}
