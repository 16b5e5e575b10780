/** Prints objects as a metav1.Table: what `kubectl get` shows, made on the server from a kind's printer columns. */
import { ageSince } from './duration.js'
import type { Cell, Kind, PrinterColumn, RowCondition } from './kind.js'
import type { AnyObject, KubernetesObject, ListMeta, ObjectMeta } from './object-meta.js'

export interface TableColumnDefinition {
  name: string
  type: string
  format: string
  description: string
  /** Above 0: shown only by `-o wide`. */
  priority: number
}

export interface TableRow {
  cells: Cell[]
  /** Says why a row may be hidden. */
  conditions?: readonly RowCondition[]
  /** The object, its metadata, or null, as the client asked. */
  object: PartialObjectMetadata | KubernetesObject | null
}

export interface Table {
  kind: 'Table'
  apiVersion: 'meta.k8s.io/v1'
  metadata: ListMeta
  /** Null from the second event of a watch on. */
  columnDefinitions: readonly TableColumnDefinition[] | null
  rows: TableRow[]
}

export interface PartialObjectMetadata {
  kind: 'PartialObjectMetadata'
  apiVersion: 'meta.k8s.io/v1'
  metadata: ObjectMeta
}

/** What each row carries besides its cells; `Metadata` when the client does not say. */
export type IncludeObject = 'Metadata' | 'Object' | 'None'

export interface TableOptions {
  /** Milliseconds since the epoch: ages are counted up to here. */
  now: number
  includeObject?: IncludeObject
  /** Of the list that is printed; a single object's resourceVersion stands in for it. */
  metadata?: ListMeta
  /** Leaves the column definitions out. */
  noHeaders?: boolean
}

// Upstream's texts of these fields of ObjectMeta.
const nameDescription =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names'
const creationTimestampDescription = `CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.

Populated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata`

/** The AGE column that most kinds have. */
export const ageColumn: PrinterColumn<KubernetesObject> = {
  name: 'Age',
  description: creationTimestampDescription,
  of: (object, now) => ageSince(object.metadata.creationTimestamp, now),
}

const nameColumn: PrinterColumn<KubernetesObject> = {
  name: 'Name',
  format: 'name',
  description: nameDescription,
  of: object => object.metadata.name ?? '',
}

/** Stands in for the columns of a kind that declares none. */
const createdAtColumn: PrinterColumn<KubernetesObject> = {
  name: 'Created At',
  type: 'date',
  description: creationTimestampDescription,
  of: object => object.metadata.creationTimestamp ?? '',
}

type PrintableKind<T extends KubernetesObject> = Pick<Kind<T>, 'printerColumns' | 'rowConditions'>

function columnsOf<T extends KubernetesObject>(kind: PrintableKind<T>): readonly PrinterColumn<T>[] {
  const columns: readonly PrinterColumn<T>[] = kind.printerColumns ?? [createdAtColumn]
  // Events begin with their age, and name themselves only in the wide form.
  return columns.some(column => column.name === 'Name') ? columns : [nameColumn, ...columns]
}

/** The heads of a kind's table. */
export const tableColumns = <T extends KubernetesObject>(kind: PrintableKind<T>): TableColumnDefinition[] =>
  columnsOf(kind).map(({ name, type = 'string', format = '', description = '', wide }) => ({
    name,
    type,
    format,
    description,
    priority: wide ? 1 : 0,
  }))

/** An object's metadata alone, as `PartialObjectMetadata`. */
export const partialObjectMetadata = (object: KubernetesObject): PartialObjectMetadata => ({
  kind: 'PartialObjectMetadata',
  apiVersion: 'meta.k8s.io/v1',
  metadata: object.metadata,
})

function included(object: KubernetesObject, include: IncludeObject): TableRow['object'] {
  if (include === 'None') return null
  return include === 'Object' ? object : partialObjectMetadata(object)
}

/** A table of the objects, in their order; its rows share the objects. */
export function printTable<T extends KubernetesObject = AnyObject>(
  kind: PrintableKind<T>,
  objects: readonly T[],
  { now, includeObject = 'Metadata', metadata, noHeaders }: TableOptions,
): Table {
  const columns = columnsOf(kind)
  const [only] = objects
  const resourceVersion = objects.length === 1 ? only!.metadata.resourceVersion : undefined
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: metadata ?? { ...(resourceVersion && { resourceVersion }) },
    columnDefinitions: noHeaders ? null : tableColumns(kind),
    rows: objects.map(object => {
      const conditions = kind.rowConditions?.(object)
      const cells = columns.map(column => column.of(object, now))
      return { cells, ...(conditions && { conditions }), object: included(object, includeObject) }
    }),
  }
}
