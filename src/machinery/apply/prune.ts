/** Removes what an applying manager no longer mentions, unless somebody else owns it. */
import { containsSet, difference, type FieldSet, intersection, isEmpty, leaf, union } from './field-set.js'
import { fieldSetOf, withNamedFields } from './field-set-of.js'
import type { ManagerEntry, Managers } from './managers.js'
import type { MergeContext, MergeVersion } from './merge-context.js'
import { removePaths } from './remove-paths.js'

type Fields = Record<string, unknown>

/** The versions that a prune works in: the one of the last apply first. */
function versionOf(context: MergeContext, apiVersion: string): MergeVersion | undefined {
  if (apiVersion !== context.apiVersion) return context.version(apiVersion)
  const same = (object: Fields) => object
  return { type: context.type, fromRequested: same, toRequested: same }
}

/** Of all managers, by version; that of the last apply comes first, for others may need its fields to be converted. */
function ownedByVersion(managers: Managers, first: string): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, leaf]])
  for (const { apiVersion, set } of managers.values()) owned.set(apiVersion, union(owned.get(apiVersion) ?? leaf, set))
  return owned
}

/** Both objects in one version. */
interface Pruning {
  merged: Fields
  pruned: Fields
}

function addBackOwned({ type }: MergeVersion, { merged, pruned }: Pruning, owned: FieldSet): Fields {
  const named = (set: FieldSet) => withNamedFields(set, type)
  const kept = union(named(fieldSetOf(type, pruned)), named(owned))
  return removePaths(type, merged, difference(named(fieldSetOf(type, merged)), kept))
}

/** What went but was not owned by the last apply stays. */
function addBackDangling({ type }: MergeVersion, { merged, pruned }: Pruning, last: FieldSet): Fields {
  const named = (set: FieldSet) => withNamedFields(set, type)
  const gone = difference(named(fieldSetOf(type, merged)), named(fieldSetOf(type, pruned)))
  return removePaths(type, merged, intersection(gone, named(last)))
}

/** Whether null stands anywhere in a value. */
export const hasNull = (value: unknown): boolean =>
  value === null || (typeof value === 'object' && Object.values(value as object).some(hasNull))

/**
 * Most applies mention all that the last one did: then nothing can go. Null, which may stand for an empty list, and what managers
 * own in other versions are looked at the long way.
 */
function losesNothing(
  { apiVersion }: MergeContext,
  applied: Fields,
  { last, managers, set }: { last: ManagerEntry; managers: Managers; set: FieldSet },
): boolean {
  for (const manager of managers.values()) if (manager.apiVersion !== apiVersion) return false
  return last.apiVersion === apiVersion && containsSet(set, last.set) && !hasNull(applied)
}

/**
 * `merged` is live and applied object together, `last` what the manager applied before, `managers` those that own fields now,
 * the applying one with its new set, which is `set`. The result shares parts with `merged`.
 */
export function pruneObject(
  context: MergeContext,
  { merged, applied }: { merged: Fields; applied: Fields },
  { last, managers, set }: { last: ManagerEntry | undefined; managers: Managers; set: FieldSet },
): Fields {
  if (!last || isEmpty(last.set)) return merged
  if (losesNothing(context, applied, { last, managers, set })) return merged
  const own = versionOf(context, last.apiVersion)
  if (!own) return merged
  const inOwn = own.fromRequested(merged)
  let pruned = own.toRequested(removePaths(own.type, inOwn, withNamedFields(last.set, own.type)))
  for (const [apiVersion, owned] of ownedByVersion(managers, last.apiVersion)) {
    const version = versionOf(context, apiVersion)
    if (!version) continue
    const both = { merged: version.fromRequested(merged), pruned: version.fromRequested(pruned) }
    pruned = version.toRequested(addBackOwned(version, both, owned))
  }
  const both = { merged: inOwn, pruned: own.fromRequested(pruned) }
  return own.toRequested(addBackDangling(own, both, last.set))
}
