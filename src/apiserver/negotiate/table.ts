/** Objects as tables, as `kubectl get` asks for them: rows of cells, each with as much of its object as wanted. */
import { escapeHtml } from '../../machinery/json/escape-html.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { ListMeta } from '../../machinery/object-meta.js'
import { type IncludeObject, tableColumns, tableRow } from '../../machinery/table.js'
import type { StoredObject } from '../../registry/rest.js'
import { type ChunkedBytes, chunked, type Part } from './chunks.js'
import { type MetaVersion, metadataBytes } from './partial-metadata.js'

const nothing = new Uint8Array()
const headers = new WeakMap<AnyKind, string>()

function columnsOf(kind: AnyKind): string {
  let text = headers.get(kind)
  if (!text) headers.set(kind, (text = escapeHtml(JSON.stringify(tableColumns(kind)))))
  return text
}

export interface TableOptions {
  include: IncludeObject
  /** Milliseconds since the epoch; ages are counted from here. */
  now: number
  /** Later events of a watch leave the column definitions out. */
  headless?: boolean
  version?: MetaVersion
  /** Follows the table. */
  end?: string
}

const ofNone = Buffer.from('null')

function rowObject(kind: AnyKind, stored: StoredObject, { include, version }: TableOptions): Uint8Array {
  if (include === 'None') return ofNone
  return include === 'Object' ? stored.bytes : metadataBytes(stored, { kind, ...(version && { version }) })
}

const isAscii = (text: string): boolean => Buffer.byteLength(text) === text.length

/** The JSON of a Table with a row for each object; objects go in as the bytes they are kept as. */
export function tableBytes(
  kind: AnyKind,
  { metadata, items }: { metadata: ListMeta; items: readonly StoredObject[] },
  options: TableOptions,
): ChunkedBytes {
  const { now, headless, version = 'v1', end = '' } = options
  const { rowOrder } = kind
  const ordered = rowOrder ? [...items].sort((a, b) => rowOrder(a.object, b.object)) : items
  const columns = headless ? 'null' : columnsOf(kind)
  const parts: Part[] = []
  const add = (text: string, tail: Uint8Array) => {
    if (isAscii(text)) parts.push({ head: text, tail })
    else parts.push({ head: '', tail: Buffer.from(text) }, { head: '', tail })
  }
  let before = `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${escapeHtml(JSON.stringify(metadata))},"columnDefinitions":${columns},"rows":[`
  for (const item of ordered) {
    const { cells, conditions } = tableRow(kind, item.object, now)
    const hidden = conditions ? `,"conditions":${JSON.stringify(conditions)}` : ''
    const shown = escapeHtml(`"cells":${stringifyJson(cells)}${hidden}`)
    add(`${before}{${shown},"object":`, rowObject(kind, item, options))
    before = '},'
  }
  if (!ordered.length) add(before, nothing)
  return chunked(parts, `${ordered.length ? '}' : ''}]}${end}`)
}

/** As `tableBytes`, as a text. */
export const tableJson = (...table: Parameters<typeof tableBytes>): string =>
  Buffer.concat([...tableBytes(...table).chunks()]).toString()
