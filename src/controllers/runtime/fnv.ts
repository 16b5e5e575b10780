/** Short, stable names out of any JSON value, in the alphabet that Kubernetes uses for generated names. */
import { stringifyJson } from '../../machinery/json/stringify.js'

/** No vowels, so that no words come about; no digits that look like letters. */
const safeAlphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** FNV-1a of 32 bits over UTF-8. */
export function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Upstream's rand.SafeEncodeString. */
export const safeEncode = (text: string): string =>
  [...text].map(c => safeAlphabet[(c.codePointAt(0) ?? 0) % safeAlphabet.length]).join('')

/** JSON with sorted keys and without what is absent or null, so that equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return stringifyJson(value) ?? 'null'
  const entries = Object.entries(value).filter(([, v]) => v !== undefined && v !== null)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`
}
