/** JSON as Go's encoder writes it: with what HTML reserves escaped. */
import { stringifyJson } from './stringify.js'

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}
const escaped = /[<>&\u2028\u2029]/

/** As `stringifyJson`; the order of fields is that of the value, where Go sorts maps. */
export function goJson(value: unknown, indent = 0): string {
  const text = stringifyJson(value, indent)
  return escaped.test(text) ? text.replace(/[<>&\u2028\u2029]/g, found => escapes[found]!) : text
}
