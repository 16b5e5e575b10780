/** Lists as JSON, put together from the bytes of their items without parsing or copying them more than once. */
import type { AnyKind } from '../../machinery/kind.js'
import type { StoredList, StoredObject } from '../../registry/rest.js'
import { type ChunkedBytes, chunked, type Part } from './chunks.js'
import { listMeta } from './list-meta.js'

/** A newline ends all JSON of upstream's that is not for people. */
const end = ']}\n'
const nothing = new Uint8Array()

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

/**
 * An item, behind `separator`. Items leave kind and apiVersion to their list, as upstream's do. The cache keeps an object's bytes
 * without its resourceVersion, which belongs first in the metadata:
 * `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a"}}` at 7 becomes `{"metadata":{"resourceVersion":"7",` and `"name":"a"}}`.
 */
function partOf(
  stored: StoredObject & { readonly storedBytes?: Uint8Array },
  prefixes: Prefixes,
  separator: string,
): Part {
  const kept = stored.storedBytes
  if (kept && startsWith(kept, prefixes.stored)) {
    const at = prefixes.stored.length
    const comma = kept[at] === closingBrace ? '' : ','
    return {
      head: `${separator}{${prefixes.type}"metadata":{"resourceVersion":"${stored.revision}"${comma}`,
      tail: kept.subarray(at),
    }
  }
  const { bytes } = stored
  if (startsWith(bytes, prefixes.shown))
    return { head: `${separator}{${prefixes.type}`, tail: bytes.subarray(prefixes.shown.length) }
  return { head: separator, tail: bytes }
}

export function listJson(kind: AnyKind, list: StoredList): ChunkedBytes {
  const prefixes = prefixesOf(kind)
  const begin = `{"kind":"${kind.listKind}","apiVersion":"${kind.apiVersion}","metadata":${JSON.stringify(kind.custom ? { continue: '', ...listMeta(list) } : listMeta(list))},"items":[`
  const parts: Part[] = [{ head: begin, tail: nothing }]
  for (const item of list.items) parts.push(partOf(item, prefixes, parts.length > 1 ? ',' : ''))
  return chunked(parts, end)
}
