/** What an evaluation has cost so far; it is cancelled when that is too much. Units and figures are cel-go's. */
import { CelCancelled, Duration, isList, isMap, Optional, Timestamp, type Value } from './values.js'

/** Upstream's limit for one expression. */
export const perCallLimit = 1_000_000

export const listCost = 10
export const mapCost = 30
export const structCost = 40
/** Of a byte of text that is read. */
export const traversal = 0.1
const regexLength = 0.25

export class CostMeter {
  spent = 0

  constructor(private readonly limit: number = perCallLimit) {}

  add(cost: number): void {
    this.spent += cost
    if (this.spent > this.limit) throw new CelCancelled('operation cancelled: actual cost limit exceeded')
  }
}

/** `size()` of what has one, else 1. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return codePointLength(value)
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Optional) return value.value === undefined ? 1 : sizeOf(value.value)
  if (value === null || typeof value !== 'object') return 1
  if (value instanceof Timestamp || value instanceof Duration) return 1
  if (isList(value)) return value.length
  if (isMap(value)) return value.size
  return 'costSize' in value ? (value.costSize ?? 1) : 1
}

export function codePointLength(text: string): number {
  let length = text.length
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0xd800 && code < 0xdc00 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      length--
      i++
    }
  }
  return length
}

export const reading = (size: number, factor = 1): number => Math.ceil(size * factor * traversal)
export const matching = (size: number, pattern: number): number =>
  Math.ceil((1 + size) * traversal) * Math.ceil(pattern * regexLength)

type CallCost = (args: readonly Value[], result: Value) => number

const first: CallCost = ([a]) => reading(sizeOf(a!))
const smaller: CallCost = ([a, b]) => reading(Math.min(sizeOf(a!), sizeOf(b!)))
const both: CallCost = ([a, b]) => reading(sizeOf(a!) + sizeOf(b!))

/** By overload; what is not here costs 1. */
const overloadCosts: Record<string, CallCost> = {
  starts_with_string: first,
  ends_with_string: first,
  string_to_bytes: first,
  bytes_to_string: first,
  string_format: first,
  strings_quote: first,
  in_list: ([, list]) => sizeOf(list!),
  equals: smaller,
  not_equals: smaller,
  add_string: both,
  add_bytes: both,
  matches_string: ([text, pattern]) => matching(sizeOf(text!), sizeOf(pattern!)),
  contains_string: ([text, part]) => reading(sizeOf(text!)) * reading(sizeOf(part!)),
  ...Object.fromEntries(
    ['less', 'greater', 'less_equals', 'greater_equals'].flatMap(name => [
      [`${name}_string`, smaller],
      [`${name}_bytes`, smaller],
    ]),
  ),
}

/** Of libraries' functions, by name: see `library/costs.ts`. */
export type FunctionCosts = Readonly<
  Record<string, (args: readonly Value[], result: Value, overload: string) => number>
>

export interface CostedCall {
  name: string
  /** `''` when it is known at run time only. */
  overload: string
}

export function costOf({ name, overload }: CostedCall, functions: FunctionCosts): CallCost {
  const byName = functions[name]
  if (byName) return (args, result) => byName(args, result, overload)
  return overloadCosts[overload] ?? (() => 1)
}
