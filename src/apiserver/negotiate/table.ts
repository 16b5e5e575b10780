/** Objects as tables, as `kubectl get` asks for them. */
import type { AnyKind, Cell, PrinterColumn } from '../../machinery/kind.js'
import type { AnyObject, ListMeta } from '../../machinery/object-meta.js'
import type { StoredObject } from '../../registry/rest.js'
import { metadataBytes } from './partial-metadata.js'

export type RowObject = 'None' | 'Metadata' | 'Object'

const nameDescription =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'

const ageColumn: PrinterColumn<AnyObject> = {
  name: 'Created At',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  of: ({ metadata }) => metadata.creationTimestamp ?? '<unknown>',
}

/** Kinds without columns of their own show name and creation time. */
const columnsOf = (kind: AnyKind): readonly PrinterColumn<AnyObject>[] =>
  (kind.printerColumns as readonly PrinterColumn<AnyObject>[] | undefined) ?? [ageColumn]

const definition = ({ name, type = 'string', format = '', description = '', wide }: PrinterColumn<AnyObject>) => ({
  name,
  type,
  format,
  description,
  priority: wide ? 1 : 0,
})

const headers = new WeakMap<AnyKind, string>()

function definitionsOf(kind: AnyKind): string {
  let text = headers.get(kind)
  if (!text) {
    const name = { name: 'Name', type: 'string', format: 'name', description: nameDescription, priority: 0 }
    text = JSON.stringify([name, ...columnsOf(kind).map(definition)])
    headers.set(kind, text)
  }
  return text
}

function cellsOf(kind: AnyKind, object: AnyObject, now: number): Cell[] {
  const cells: Cell[] = [object.metadata.name ?? '']
  for (const column of columnsOf(kind)) {
    // One object that was stored wrongly must not hide the others.
    try {
      cells.push(column.of(object, now) ?? null)
    } catch {
      cells.push('<unknown>')
    }
  }
  return cells
}

function rowObject(stored: StoredObject, include: RowObject): string {
  if (include === 'None') return 'null'
  const bytes = include === 'Object' ? stored.bytes : metadataBytes(stored)
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString()
}

export interface TableOptions {
  include: RowObject
  /** Milliseconds since the epoch; ages are counted from here. */
  now: number
  /** Later events of a watch leave the column definitions out. */
  headless?: boolean
}

/** The JSON of a Table with a row for each object. */
export function tableJson(
  kind: AnyKind,
  { metadata, items }: { metadata: ListMeta; items: readonly StoredObject[] },
  { include, now, headless }: TableOptions,
): string {
  const rows = items.map(
    stored => `{"cells":${JSON.stringify(cellsOf(kind, stored.object, now))},"object":${rowObject(stored, include)}}`,
  )
  const columns = headless ? 'null' : definitionsOf(kind)
  return `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${JSON.stringify(metadata)},"columnDefinitions":${columns},"rows":[${rows.join(',')}]}`
}
