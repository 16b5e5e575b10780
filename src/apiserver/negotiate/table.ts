/** Objects as tables, as `kubectl get` asks for them: rows of cells, each with as much of its object as wanted. */
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { ListMeta } from '../../machinery/object-meta.js'
import { type IncludeObject, tableColumns, tableRows } from '../../machinery/table.js'
import type { StoredObject } from '../../registry/rest.js'
import { type MetaVersion, metadataBytes } from './partial-metadata.js'

const headers = new WeakMap<AnyKind, string>()

function columnsOf(kind: AnyKind): string {
  let text = headers.get(kind)
  if (!text) headers.set(kind, (text = JSON.stringify(tableColumns(kind))))
  return text
}

function rowObject(kind: AnyKind, stored: StoredObject, { include, version = 'v1' }: TableOptions): string {
  if (include === 'None') return 'null'
  const bytes = include === 'Object' ? stored.bytes : metadataBytes(stored, { kind, version })
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

export interface TableOptions {
  include: IncludeObject
  /** Milliseconds since the epoch; ages are counted from here. */
  now: number
  /** Later events of a watch leave the column definitions out. */
  headless?: boolean
  version?: MetaVersion
}

/** The JSON of a Table with a row for each object; objects go in as the bytes they are kept as. */
export function tableJson(
  kind: AnyKind,
  { metadata, items }: { metadata: ListMeta; items: readonly StoredObject[] },
  options: TableOptions,
): string {
  const { now, headless, version = 'v1' } = options
  const { rowOrder } = kind
  const ordered = rowOrder ? [...items].sort((a, b) => rowOrder(a.object, b.object)) : items
  const objects = ordered.map(item => item.object)
  const rows = tableRows(kind, objects, now).map(({ cells, conditions }, i) => {
    const hidden = conditions ? `,"conditions":${JSON.stringify(conditions)}` : ''
    return `{"cells":${stringifyJson(cells)}${hidden},"object":${rowObject(kind, ordered[i]!, options)}}`
  })
  const columns = headless ? 'null' : columnsOf(kind)
  return `{"kind":"Table","apiVersion":"meta.k8s.io/${version}","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`
}
