/** Who owns which fields: `metadata.managedFields` as data to work with, and back. */
import type { ManagedFieldsEntry } from '../object-meta.js'
import { type FieldSet, FieldSetBuilder, isEmpty, leaf, self } from './field-set.js'
import { canonicalElement, TypedError } from './path-element.js'

export type ManagerOperation = 'Apply' | 'Update'

export interface ManagerIdentity {
  readonly manager: string
  readonly operation: ManagerOperation
  readonly apiVersion: string
  /** `''` for the object itself. */
  readonly subresource: string
}

export interface ManagerEntry extends ManagerIdentity {
  /** RFC 3339; undefined where nobody knows. */
  readonly time: string | undefined
  readonly set: FieldSet
}

/** By identity: see `idOf`. */
export type Managers = Map<string, ManagerEntry>

/** What tells entries apart. One that applies is the same in every version. */
export function idOf({ manager, operation, apiVersion, subresource }: ManagerIdentity): string {
  return JSON.stringify({
    manager: manager || undefined,
    operation,
    apiVersion: operation === 'Apply' ? undefined : apiVersion,
    subresource: subresource || undefined,
  })
}

/** Reads a set that a client wrote; throws a TypedError. */
function canonicalSet(fields: unknown): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields))
    throw new TypedError('error decoding set: expected an object')
  const set = new FieldSetBuilder()
  const seen = new Map<string, FieldSet>()
  for (const [text, inner] of Object.entries(fields)) {
    if (text === self) {
      set.addSelf()
      continue
    }
    const element = canonicalElement(text)
    if (element !== undefined) seen.set(element, canonicalSet(inner))
  }
  for (const [element, node] of seen) set.add(element, node)
  return set.build() ?? leaf
}

function checkEntry({ operation, apiVersion, fieldsType }: ManagedFieldsEntry, index: number): void {
  if (operation !== 'Apply' && operation !== 'Update') throw new TypedError('operation must be `Apply` or `Update`')
  if (!apiVersion) throw new TypedError('apiVersion must not be empty')
  if (!fieldsType) throw new TypedError(`missing fieldsType in managed fields entry ${index}`)
  if (fieldsType !== 'FieldsV1')
    throw new TypedError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`)
}

const withoutRoot = ({ [self]: _self, ...set }: FieldSet): FieldSet => set

/** `foreign`: a client wrote them, and they may be in any form. Throws a TypedError, with upstream's words, for what cannot be read. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined, foreign: boolean): Managers {
  const managers: Managers = new Map()
  for (const [i, entry] of (entries ?? []).entries()) {
    checkEntry(entry, i)
    const { manager = '', operation, apiVersion = '', subresource = '', time, fieldsV1 = leaf } = entry
    const set = foreign ? withoutRoot(canonicalSet(fieldsV1)) : (fieldsV1 as FieldSet)
    const decoded = { manager, operation: operation as ManagerOperation, apiVersion, subresource, time, set }
    managers.set(idOf(decoded), decoded)
  }
  return managers
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

const byOperationAndAge = (a: ManagerEntry, b: ManagerEntry) =>
  compareText(a.operation, b.operation) ||
  compareText(a.time ?? '', b.time ?? '') ||
  compareText(a.manager, b.manager) ||
  compareText(a.apiVersion, b.apiVersion) ||
  compareText(a.subresource, b.subresource)

function encodeEntry({ manager, operation, apiVersion, subresource, time, set }: ManagerEntry): ManagedFieldsEntry {
  const entry: ManagedFieldsEntry = { manager, operation, apiVersion, time, fieldsType: 'FieldsV1', fieldsV1: set }
  if (!manager) delete entry.manager
  if (!time) delete entry.time
  if (subresource) entry.subresource = subresource
  return entry
}

/** In upstream's order; undefined when nobody owns anything. */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] | undefined {
  if (!managers.size) return undefined
  return [...managers.values()].sort(byOperationAndAge).map(encodeEntry)
}

/** Takes out who owns nothing any more. */
export function dropEmpty(managers: Managers): void {
  for (const [id, { set }] of managers) if (isEmpty(set)) managers.delete(id)
}
