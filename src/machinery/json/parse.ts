/** Parses JSON that a client sent, at the speed of JSON.parse where nothing unusual is in it. */
import { readExact } from './read-exact.js'
import { countKeys, scanJson } from './scan.js'
import { describeSyntaxError } from './syntax-error.js'

/** Deeper texts are refused: printing and copying what they hold would exhaust the stack. */
export const maxJsonDepth = 1000

export interface ParsedJson {
  /** Integers beyond ±(2^53 - 1) are bigint: never rounded. Print them with `stringifyJson`. */
  value: unknown
  /** `duplicate field "spec.containers[0].image"`, in upstream's words, at most 100. The last one counts. */
  strictErrors: string[]
  /** How numbers with a point or an exponent were written, by paths such as `spec.containers[0].ports[0].containerPort`. */
  fractions?: ReadonlyMap<string, string>
}

/** The text is no JSON; the message is Go's, such as `invalid character '}' looking for beginning of value`. */
export class JsonSyntaxError extends Error {}

const surrogateEscape = /\\u[dD][89a-fA-F]/
/** An escape of any kind, or of two surrogates that belong together. */
const escapes = /\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\./g

/** Go reads half of a pair as U+FFFD. */
const withoutLoneSurrogates = (text: string): string =>
  surrogateEscape.test(text)
    ? text.replace(escapes, written => (written.length === 6 && surrogateEscape.test(written) ? '\\ufffd' : written))
    : text

/** Takes UTF-8; throws a JsonSyntaxError. The whole text must be one value. */
export function parseJson(input: Uint8Array | string): ParsedJson {
  const bytes = typeof input === 'string' ? Buffer.from(input) : input
  const { depth, keys, longNumbers, fractions } = scanJson(bytes)
  if (depth > maxJsonDepth) throw new JsonSyntaxError("invalid character '{' exceeded max depth")
  const text = withoutLoneSurrogates(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString())
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new JsonSyntaxError(describeSyntaxError(bytes))
  }
  if (!longNumbers && !fractions && countKeys(value) === keys) return { value, strictErrors: [] }
  const exact = readExact(text)
  const strictErrors = exact.duplicates.map(path => `duplicate field ${JSON.stringify(path)}`)
  return { value: exact.value, strictErrors, ...(exact.fractions.size && { fractions: exact.fractions }) }
}
