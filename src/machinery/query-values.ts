/** Numbers and booleans of a query, read as upstream reads them. */
import { badRequest } from './status-error.js'

/** Absent: undefined. Throws 400 for what is no integer, nothing included. */
export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  const value = Number(text)
  if (!Number.isSafeInteger(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: value out of range`)
  return value
}

/** Absent: undefined. Present without a value, or anything but false and 0: true. */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)
  if (text === null) return undefined
  return text.toLowerCase() !== 'false' && text !== '0'
}
