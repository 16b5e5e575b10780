/** Functions of strings: CEL's standard and its extension library, version 2. Positions are code points. */
import { compilePattern, PatternError } from '../../structural/pattern.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { CelError, elementsOf, isList, newList, type Value } from '../values.js'
import { formatText } from './format-text.js'

/** Calls with strings as they are and ints as numbers; no overload for anything else. */
type Text = string | number
const onText =
  (call: (...args: never[]) => Value) =>
  (...args: Value[]): Value | undefined => {
    const plain: Text[] = []
    for (const arg of args) {
      if (typeof arg === 'bigint') plain.push(Number(arg))
      else if (typeof arg === 'string') plain.push(arg)
      else return undefined
    }
    return call(...(plain as never[]))
  }

const member = (name: string, overloads: readonly string[], call: (...args: never[]) => Value) =>
  defineFunction(name, overloads, onText(call))

function outOfRange(index: number): never {
  throw new CelError(`index out of range: ${index}`)
}

function charAt(text: string, index: number): string {
  const chars = [...text]
  if (index < 0 || index > chars.length) outOfRange(index)
  return chars[index] ?? ''
}

const startsAt = (chars: readonly string[], part: readonly string[], at: number) =>
  part.every((char, i) => chars[at + i] === char)

function indexOf(text: string, part: string, from = 0): bigint {
  if (part === '') return BigInt(from)
  if (from < 0) outOfRange(from)
  const [chars, wanted] = [[...text], [...part]]
  for (let i = from; i <= chars.length - wanted.length; i++) if (startsAt(chars, wanted, i)) return BigInt(i)
  return -1n
}

function lastIndexOf(text: string, part: string, from?: number): bigint {
  const [chars, wanted] = [[...text], [...part]]
  if (part === '') return BigInt(from ?? chars.length)
  if (from !== undefined && from < 0) outOfRange(from)
  if (from !== undefined && from >= chars.length) return -1n
  for (let i = Math.min(from ?? chars.length - 1, chars.length - wanted.length); i >= 0; i--)
    if (startsAt(chars, wanted, i)) return BigInt(i)
  return -1n
}

function substring(text: string, start: number, end?: number): string {
  const chars = [...text]
  if (end !== undefined && start > end) throw new CelError(`invalid substring range. start: ${start}, end: ${end}`)
  for (const index of [start, end ?? start]) if (index < 0 || index > chars.length) outOfRange(index)
  return chars.slice(start, end).join('')
}

/** Go's: an empty `old` matches before each character and at the end. */
function replace(text: string, old: string, by: string, limit = -1): string {
  if (limit < 0) return text.replaceAll(old, () => by)
  let [rest, result] = [text, '']
  for (let n = 0; n < limit; n++) {
    const at = old === '' && n > 0 ? [...rest][0]?.length : rest.indexOf(old)
    if (at === undefined || at < 0) break
    result += rest.slice(0, at) + by
    rest = rest.slice(at + old.length)
  }
  return result + rest
}

function split(text: string, separator: string, limit = -1): Value {
  if (limit === 0) return newList([])
  const parts = separator === '' ? [...text] : text.split(separator)
  if (limit < 0 || parts.length <= limit) return newList(parts)
  return newList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator)])
}

/** Go's white space. */
const spaces = '[\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]+'
const trimmed = new RegExp(`^${spaces}|${spaces}$`, 'gu')

const escapes: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

const quote = (text: string): string => `"${[...text].map(char => escapes[char] ?? char).join('')}"`

function matches(text: string, pattern: string): boolean {
  try {
    return compilePattern(pattern)(text)
  } catch (error) {
    if (error instanceof PatternError) throw new CelError(error.message)
    throw error
  }
}

function join(list: Value | undefined, separator: Value | undefined): Value | undefined {
  if (list === undefined || !isList(list)) return undefined
  const parts: string[] = []
  for (const element of elementsOf(list)) {
    if (typeof element !== 'string') throw new CelError('no such overload')
    parts.push(element)
  }
  return parts.join(typeof separator === 'string' ? separator : '')
}

export const strings: readonly FunctionDeclaration[] = [
  member('contains', ['contains_string: string.(string) -> bool'], (a: string, b: string) => a.includes(b)),
  member('endsWith', ['ends_with_string: string.(string) -> bool'], (a: string, b: string) => a.endsWith(b)),
  member('startsWith', ['starts_with_string: string.(string) -> bool'], (a: string, b: string) => a.startsWith(b)),
  member('matches', ['matches: (string, string) -> bool', 'matches_string: string.(string) -> bool'], matches),
  member('charAt', ['string_char_at_int: string.(int) -> string'], charAt),
  member(
    'indexOf',
    ['string_index_of_string: string.(string) -> int', 'string_index_of_string_int: string.(string, int) -> int'],
    indexOf,
  ),
  member(
    'lastIndexOf',
    [
      'string_last_index_of_string: string.(string) -> int',
      'string_last_index_of_string_int: string.(string, int) -> int',
    ],
    lastIndexOf,
  ),
  member('lowerAscii', ['string_lower_ascii: string.() -> string'], (text: string) =>
    text.replace(/[A-Z]/gu, char => char.toLowerCase()),
  ),
  member('upperAscii', ['string_upper_ascii: string.() -> string'], (text: string) =>
    text.replace(/[a-z]/gu, char => char.toUpperCase()),
  ),
  member(
    'replace',
    [
      'string_replace_string_string: string.(string, string) -> string',
      'string_replace_string_string_int: string.(string, string, int) -> string',
    ],
    replace,
  ),
  member(
    'split',
    [
      'string_split_string: string.(string) -> list(string)',
      'string_split_string_int: string.(string, int) -> list(string)',
    ],
    split,
  ),
  member(
    'substring',
    ['string_substring_int: string.(int) -> string', 'string_substring_int_int: string.(int, int) -> string'],
    substring,
  ),
  member('trim', ['string_trim: string.() -> string'], (text: string) => text.replace(trimmed, '')),
  member('strings.quote', ['strings_quote: (string) -> string'], quote),
  defineFunction(
    'join',
    ['list_join: list(string).() -> string', 'list_join_string: list(string).(string) -> string'],
    join,
  ),
  defineFunction('format', ['string_format: string.(list(dyn)) -> string'], (text, args) =>
    typeof text === 'string' && args !== undefined && isList(args)
      ? formatText(text, [...elementsOf(args)])
      : undefined,
  ),
]
