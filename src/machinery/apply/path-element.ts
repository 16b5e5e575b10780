/** One step of a path in managed fields, in its serialized form: `f:spec`, `k:{"name":"web"}`, `v:"a-finalizer"`. */
import { goJson } from '../json/go-json.js'
import { stringifyJson } from '../json/stringify.js'

export type PathElement = string

/** A list item cannot be told from its siblings, or the schema and the value disagree; the message is upstream's. */
export class TypedError extends Error {}

export const fieldElement = (name: string): PathElement => `f:${name}`

/** Texts that JSON writes between quotes as they are. */
const plainText = /^[\w./:-]*$/

const keyText = (value: unknown): string =>
  typeof value === 'string' && plainText.test(value) ? `"${value}"` : goJson(value)

/** `names` and `values` run in parallel, sorted by name. */
export function keyElement(names: readonly string[], values: readonly unknown[]): PathElement {
  let text = ''
  for (let i = 0; i < names.length; i++) text += `${i ? ',' : ''}${keyText(names[i])}:${keyText(values[i])}`
  return `k:{${text}}`
}

export const valueElement = (value: unknown): PathElement => `v:${goJson(value)}`

/** Floats and integers, strings, booleans, lists, maps, null: the order of values of different types. */
function rank(value: unknown): number {
  if (typeof value === 'number' || typeof value === 'bigint') return 0
  if (typeof value === 'string') return 1
  if (typeof value === 'boolean') return 2
  if (Array.isArray(value)) return 3
  return value === null ? 5 : 4
}

function compareValues(a: unknown, b: unknown): number {
  const difference = rank(a) - rank(b)
  if (difference) return difference
  if (typeof a === 'object') return compareText(stringifyJson(a), stringifyJson(b))
  if (a === b) return 0
  return (a as string) < (b as string) ? -1 : 1
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

type Key = [name: string, value: unknown][]

const keyOf = (element: PathElement): Key => Object.entries(JSON.parse(element.slice(2)))

function compareKeys(a: Key, b: Key): number {
  for (let i = 0; ; i++) {
    const left = a[i]
    const right = b[i]
    if (!left || !right) return left ? 1 : right ? -1 : 0
    const order = compareText(left[0], right[0]) || compareValues(left[1], right[1])
    if (order) return order
  }
}

const kinds = '.fkvi'

/** One key with a plain text: its order is that of the element. */
const plainKey = /^k:\{"[\w.-]*":"[\w./:-]*"\}$/

/** Upstream's order within one set: `.`, fields, keys, values, indexes; numbers by their value. */
export function compareElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0
  const kind = kinds.indexOf(a[0]!)
  const order = kind - kinds.indexOf(b[0]!)
  if (order) return order
  if (kind === 1) return compareText(a, b)
  if (kind === 2) return plainKey.test(a) && plainKey.test(b) ? compareText(a, b) : compareKeys(keyOf(a), keyOf(b))
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
}

const isFlatKey = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * The canonical form of an element that a client wrote: `k:{ "b":1, "a":2 }` is `k:{"a":2,"b":1}`. Undefined for kinds of a later
 * version, which are dropped. Throws when it cannot be read.
 */
export function canonicalElement(text: string): PathElement | undefined {
  if (text.length < 2) throw new TypedError('key must be 2 characters long:')
  if (text[1] !== ':') throw new TypedError(`missing colon: ${text}`)
  const rest = text.slice(2)
  switch (text[0]) {
    case 'f':
      return text
    case 'v':
      return valueElement(JSON.parse(rest))
    case 'k': {
      const key: unknown = JSON.parse(rest)
      if (!isFlatKey(key)) throw new TypedError(`expected object: ${rest}`)
      const names = Object.keys(key).sort()
      return keyElement(
        names,
        names.map(name => key[name]),
      )
    }
    case 'i':
      if (!/^[+-]?\d+$/.test(rest))
        throw new TypedError(`strconv.Atoi: parsing ${JSON.stringify(rest)}: invalid syntax`)
      return `i:${Number(rest)}`
    default:
      return undefined
  }
}

const printed = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(printed).join(',')}]`
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${key}=${printed(inner)}`)
      .join('')
  return stringifyJson(value)
}

/** As errors show it: `.spec`, `[name="web"]`, `[="a-finalizer"]`. */
export function printElement(element: PathElement): string {
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return `.${rest}`
    case 'k':
      return `[${keyOf(element)
        .map(([name, value]) => `${name}=${printed(value)}`)
        .join(',')}]`
    case 'v':
      return `[=${printed(JSON.parse(rest))}]`
    default:
      return `[${rest}]`
  }
}
