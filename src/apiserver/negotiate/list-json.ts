/** Lists as JSON, put together from the bytes of their items without parsing or copying them more than once. */
import type { AnyKind } from '../../machinery/kind.js'
import type { StoredList, StoredObject } from '../../registry/rest.js'
import { listMeta } from './list-meta.js'

/** Chunks are at most about this large, save for a single item that is larger. */
const chunkBytes = 256 * 1024
/** A newline ends all JSON of upstream's that is not for people. */
const end = ']}\n'

interface Prefixes {
  /** How the bytes in the store begin, up to the fields of the metadata. */
  stored: Buffer
  /** How the bytes of an answer begin, up to the metadata. */
  shown: Buffer
  /** What items say of their type: those of custom resources say it each. */
  type: string
}

const remembered = new WeakMap<AnyKind, Prefixes>()

function prefixesOf(kind: AnyKind): Prefixes {
  let found = remembered.get(kind)
  if (!found) {
    const shown = `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(kind.apiVersion)},`
    const type = kind.custom ? shown.slice(1) : ''
    found = { shown: Buffer.from(shown), stored: Buffer.from(`${shown}"metadata":{`), type }
    remembered.set(kind, found)
  }
  return found
}

/** For so few bytes a loop is faster than a call of Buffer.compare. */
function startsWith(bytes: Uint8Array, prefix: Buffer): boolean {
  if (bytes.length <= prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[i] !== prefix[i]) return false
  return true
}

const closingBrace = 125

/** An item in two parts: a text in ASCII, then bytes. Items leave kind and apiVersion to their list, as upstream's do. */
interface Item {
  head: string
  tail: Uint8Array
}

/**
 * The cache keeps an object's bytes without its resourceVersion, which belongs first in the metadata:
 * `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}` at 7 becomes `{"metadata":{"resourceVersion":"7",` and `"name":"a"}}`.
 */
function itemOf(stored: StoredObject & { readonly storedBytes?: Uint8Array }, prefixes: Prefixes): Item {
  const kept = stored.storedBytes
  if (kept && startsWith(kept, prefixes.stored)) {
    const at = prefixes.stored.length
    const comma = kept[at] === closingBrace ? '' : ','
    return {
      head: `{${prefixes.type}"metadata":{"resourceVersion":"${stored.revision}"${comma}`,
      tail: kept.subarray(at),
    }
  }
  const { bytes } = stored
  if (startsWith(bytes, prefixes.shown))
    return { head: `{${prefixes.type}`, tail: bytes.subarray(prefixes.shown.length) }
  return { head: '', tail: bytes }
}

export interface ListBytes {
  /** Of all chunks together. */
  bytes: number
  /** Made as they are asked for. */
  chunks: Iterable<Uint8Array>
}

export function listJson(kind: AnyKind, list: StoredList): ListBytes {
  const prefixes = prefixesOf(kind)
  const begin = `{"kind":"${kind.listKind}","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(kind.custom ? { continue: '', ...listMeta(list) } : listMeta(list))},"items":[`
  const items = list.items.map(item => itemOf(item, prefixes))
  const separators = Math.max(0, items.length - 1)
  const bytes = items.reduce(
    (sum, { head, tail }) => sum + head.length + tail.length,
    begin.length + separators + end.length,
  )
  return { bytes, chunks: chunksOf(begin, items, bytes) }
}

function* chunksOf(begin: string, items: readonly Item[], total: number): Generator<Uint8Array> {
  let left = total
  let chunk = Buffer.allocUnsafe(Math.min(left, chunkBytes + begin.length))
  let used = chunk.write(begin, 'latin1')
  for (let i = 0; i < items.length; i++) {
    const { head, tail } = items[i]!
    const separator = i > 0 ? ',' : ''
    const size = separator.length + head.length + tail.length
    if (used + size + end.length > chunk.length) {
      yield chunk.subarray(0, used)
      left -= used
      chunk = Buffer.allocUnsafe(Math.min(left, Math.max(chunkBytes, size + end.length)))
      used = 0
    }
    used += chunk.write(separator + head, used, 'latin1')
    chunk.set(tail, used)
    used += tail.length
  }
  used += chunk.write(end, used, 'latin1')
  yield chunk.subarray(0, used)
}
