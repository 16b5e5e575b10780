/** A write that changes nothing but when its manager wrote is none. */
import { semanticEqual } from '../apis/validation/semantic-equal.js'
import type { AnyObject, ManagedFieldsEntry } from '../machinery/object-meta.js'

const timeless = ({ time: _time, ...entry }: ManagedFieldsEntry) => entry

/** Same managers with the same fields, at least one of them at another time. */
function onlyTimesDiffer(entries: readonly ManagedFieldsEntry[], old: readonly ManagedFieldsEntry[]): boolean {
  if (entries.length !== old.length || entries.every((entry, i) => entry.time === old[i]!.time)) return false
  return entries.every((entry, i) => semanticEqual(timeless(entry), timeless(old[i]!)))
}

/** Gives `object` the old times of its managers where nothing else about it has changed. */
export function keepManagerTimes(object: AnyObject, old: AnyObject): void {
  const entries = object.metadata.managedFields
  const before = old.metadata.managedFields
  if (!entries?.length || !before || entries === before || !onlyTimesDiffer(entries, before)) return
  const metadata = { ...object.metadata, managedFields: before }
  if (semanticEqual({ ...object, metadata }, old)) object.metadata = metadata
}
