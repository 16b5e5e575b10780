/** Heads and rows of a metav1.Table: what `kubectl get` shows, made on the server from a kind's printer columns. */
import { ageSince } from './duration.js'
import type { Cell, Kind, PrinterColumn, RowCondition } from './kind.js'
import type { AnyObject, KubernetesObject } from './object-meta.js'

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
}

/** What each row carries besides its cells; `Metadata` when the client does not say. */
export type IncludeObject = 'Metadata' | 'Object' | 'None'

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
  columnsOf(kind)
    .filter(column => !column.undeclared)
    .map(({ name, type = 'string', format = '', description = '', wide, priority = wide ? 1 : 0 }) => ({
      name,
      type,
      format,
      description,
      priority,
    }))

/** The row of an object. `now` is in milliseconds since the epoch: ages are counted up to there. */
export function tableRow<T extends KubernetesObject = AnyObject>(
  kind: PrintableKind<T>,
  object: T,
  now: number,
): TableRow {
  const conditions = kind.rowConditions?.(object)
  return { cells: columnsOf(kind).map(column => column.of(object, now)), ...(conditions && { conditions }) }
}
