/** What differs between two normalized answers to the same request. */
import type { NormalAnswer } from './normalize.js'

export interface Difference {
  /** Field path without list positions, `status`, or `header x`. */
  path: string
  /** In words that are the same for all differences of this sort. */
  nature: string
  stock: unknown
  ours: unknown
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)

/** A message without what is particular to one object. */
export function template(text: unknown): string {
  if (typeof text !== 'string') return typeof text === 'object' ? 'object' : String(text)
  return text
    .replace(/<[^<>]*>/g, '<>')
    .replace(/"(?:[^"\\]|\\.)*"/g, '"…"')
    .replace(/\[\d+\]|\d+/g, '#')
    .slice(0, 160)
}

/** Inside managed fields every field of every kind would be a sort of its own. */
function shorten(path: string): string {
  const at = path.indexOf('.fieldsV1')
  return at < 0 ? path : path.slice(0, at + 9)
}

/** Below these keys the names are data. */
const mapKeys = new Set(['labels', 'annotations', 'data', 'binaryData', 'matchLabels', 'nodeSelector', 'stringData'])

function* inObjects(stock: Json, ours: Json, path: string): Generator<Difference> {
  const isMap = mapKeys.has(path.split('.').at(-1)!)
  for (const key of new Set([...Object.keys(stock), ...Object.keys(ours)])) {
    const below = isMap ? `${path}.*` : path ? `${path}.${key}` : key
    if (!(key in ours)) yield { path: shorten(below), nature: 'missing in ours', stock: stock[key], ours: undefined }
    else if (!(key in stock)) yield { path: shorten(below), nature: 'only in ours', stock: undefined, ours: ours[key] }
    else yield* inValues(stock[key], ours[key], below)
  }
}

function* inValues(stock: unknown, ours: unknown, path: string): Generator<Difference> {
  if (same(stock, ours)) return
  if (isObject(stock) && isObject(ours)) return yield* inObjects(stock, ours, path)
  if (Array.isArray(stock) && Array.isArray(ours)) {
    // They stand in the order of their times: by chance in one second or in two.
    if (path.endsWith('managedFields') && sameInAnyOrder(stock, ours)) return
    if (stock.length !== ours.length)
      return yield {
        path: shorten(path),
        nature: ours.length < stock.length ? 'fewer items' : 'more items',
        stock,
        ours,
      }
    if (sameInAnyOrder(stock, ours)) return yield { path: shorten(path), nature: 'order of items', stock, ours }
    for (const [i, item] of stock.entries()) yield* inValues(item, ours[i], path)
    return
  }
  const isText = typeof stock === 'string' && typeof ours === 'string'
  const nature = isText ? `"${template(stock)}" ≠ "${template(ours)}"` : `${template(stock)} ≠ ${template(ours)}`
  yield { path: shorten(path), nature, stock, ours }
}

const sameInAnyOrder = (a: readonly unknown[], b: readonly unknown[]): boolean =>
  same(a.map(toText).sort(), b.map(toText).sort())

const toText = (value: unknown): string => JSON.stringify(value)

const isStatus = (body: unknown): body is Json => isObject(body) && body.kind === 'Status'
const causesOf = (body: Json): Json[] => ((body.details as Json | undefined)?.causes as Json[] | undefined) ?? []

/** What the message says, without the value it is about. */
const complaint = (message: unknown) =>
  template(
    String(message).replace(
      /^((?:Invalid|Unsupported|Duplicate) value: )(?:"(?:[^"\\]|\\.)*"|[[{].*[\]}]|[^:]*)/,
      '$1…',
    ),
  )

const causeText = (cause: Json) => `${String(cause.field).replace(/\[[^\]]*\]/g, '[]')}: ${complaint(cause.message)}`
const sameField = (a: Json, b: Json) => a.field === b.field && a.reason === b.reason

/** Causes say more than the message that is made of them. */
function* inCauses(stock: Json, ours: Json): Generator<Difference> {
  const [theirs, mine] = [causesOf(stock), causesOf(ours)]
  const missing = theirs.filter(cause => !mine.some(c => same(c, cause)))
  const extra = mine.filter(cause => !theirs.some(c => same(c, cause)))
  for (const cause of missing) {
    const at = extra.findIndex(c => sameField(c, cause))
    const [other] = at < 0 ? [] : extra.splice(at, 1)
    const [a, b] = [causeText(cause), other && complaint(other.message)]
    const nature = !b ? `missing: ${a}` : a.endsWith(`: ${b}`) ? `value in: ${a}` : `${a} ≠ ${b}`
    yield { path: 'causes', nature, stock: cause, ours: other ?? mine }
  }
  for (const cause of extra)
    yield { path: 'causes', nature: `only in ours: ${causeText(cause)}`, stock: theirs, ours: cause }
  if (!missing.length && !extra.length) {
    const nature = theirs.length === mine.length ? 'order of causes' : 'repeated causes'
    yield { path: 'causes', nature, stock: theirs, ours: mine }
  }
}

const summary = ({ body, status }: NormalAnswer): string => {
  if (isStatus(body)) {
    const causes = causesOf(body)
    return `${status} ${causes.length ? `${body.reason}: ${causes.map(causeText).join('; ')}` : template(body.message)}`
  }
  return status >= 300 || typeof body === 'string' ? `${status} ${template(body)}` : `${status}`
}

function* inHeaders(stock: NormalAnswer, ours: NormalAnswer): Generator<Difference> {
  for (const name of new Set([...Object.keys(stock.headers), ...Object.keys(ours.headers)])) {
    const [a, b] = [stock.headers[name], ours.headers[name]]
    if (a !== b) yield { path: `header ${name}`, nature: `${template(a)} ≠ ${template(b)}`, stock: a, ours: b }
  }
}

/** A status code that differs stands for all that follows from it. */
export function* differences(stock: NormalAnswer, ours: NormalAnswer): Generator<Difference> {
  if (stock.status !== ours.status) {
    const nature = `${summary(stock)} ≠ ${summary(ours)}`
    return yield { path: 'status', nature, stock: stock.body, ours: ours.body }
  }
  yield* inHeaders(stock, ours)
  if (same(stock.body, ours.body)) return
  if (isStatus(stock.body) && isStatus(ours.body) && !same(causesOf(stock.body), causesOf(ours.body)))
    return yield* inCauses(stock.body, ours.body)
  yield* inValues(stock.body, ours.body, '')
}
