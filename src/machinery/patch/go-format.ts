/** Prints JSON values as Go's `%v` does, for error texts that upstream makes that way. */
import { goNumber, isGoInteger } from '../go-number.js'

/** `map[a:1 b:[x y]]`: keys sorted, strings bare, null as `<nil>`. */
export function formatGo(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatGo).join(' ')}]`
  if (typeof value === 'number' || typeof value === 'bigint') return goNumber(value)
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, item]) => `${key}:${formatGo(item)}`).join(' ')}]`
}

/** As Go's `%s` prints a value: what is no text is marked with its type, such as `%!s(int64=7)`. */
export function formatGoText(value: unknown): string {
  if (typeof value === 'string') return value
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (Array.isArray(value)) return `[${value.map(formatGoText).join(' ')}]`
  if (typeof value !== 'object') return `%!s(${goTypeOf(value)}=${formatGo(value)})`
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${entries.map(([key, item]) => `${key}:${formatGoText(item)}`).join(' ')}]`
}

/** The type that Go's decoder gives to a JSON value: `map[string]interface {}`, `[]interface {}`, `int64`, … */
export function goTypeOf(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'boolean') return 'bool'
  if (isGoInteger(value)) return 'int64'
  return typeof value === 'number' || typeof value === 'bigint' ? 'float64' : 'string'
}
