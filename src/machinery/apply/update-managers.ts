/** Who owns what after an object has changed, whoever changed it. */
import { type Comparison, compareObjects } from './compare.js'
import { difference, type FieldSet, intersection, isEmpty, union } from './field-set.js'
import { dropEmpty, type ManagerIdentity, type Managers } from './managers.js'
import type { MergeContext } from './merge-context.js'

type Fields = Record<string, unknown>

/** The object before and after. */
export interface Change {
  readonly live: Fields
  readonly object: Fields
}

/** The change as other versions of the kind see it; undefined for versions that are not served. */
function comparisons(context: MergeContext, { live, object }: Change, own: Comparison) {
  const known = new Map<string, Comparison | undefined>([[context.apiVersion, own]])
  return (apiVersion: string): Comparison | undefined => {
    if (known.has(apiVersion)) return known.get(apiVersion)
    const version = context.version(apiVersion)
    const comparison =
      version &&
      compareObjects(version.type, version.fromRequested(live), version.fromRequested(object), context.ignored)
    known.set(apiVersion, comparison)
    return comparison
  }
}

/** What a change takes from the managers but one. */
export interface Losses {
  readonly comparison: Comparison
  /** Owned fields that got another value, by manager. */
  readonly conflicts: Map<string, FieldSet>
}

/** `except` is the manager that changes. Managers of versions that are gone are taken out of `managers`; nothing else is changed. */
export function findLosses(
  context: MergeContext,
  change: Change,
  { managers, except }: { managers: Managers; except?: string },
): Losses & { removed: Map<string, FieldSet> } {
  const comparison = compareObjects(context.type, change.live, change.object, context.ignored)
  const comparisonIn = comparisons(context, change, comparison)
  const conflicts = new Map<string, FieldSet>()
  const removed = new Map<string, FieldSet>()
  for (const [id, entry] of managers) {
    if (id === except) continue
    const seen = comparisonIn(entry.apiVersion)
    if (!seen) {
      managers.delete(id)
      continue
    }
    const conflict = intersection(entry.set, seen.changed)
    if (!isEmpty(conflict)) conflicts.set(id, conflict)
    if (!isEmpty(seen.removed)) removed.set(id, seen.removed)
  }
  return { comparison, conflicts, removed }
}

/** Takes the lost fields from their managers, and forgets who is left without any. */
export function takeLosses(
  managers: Managers,
  { conflicts, removed }: { conflicts: Map<string, FieldSet>; removed: Map<string, FieldSet> },
): void {
  for (const lost of [conflicts, removed])
    for (const [id, set] of lost) {
      const entry = managers.get(id)!
      managers.set(id, { ...entry, set: difference(entry.set, set) })
    }
  dropEmpty(managers)
}

/** A write that is no apply: `id` comes to own what changed. Changes `managers`; true when `id` gained anything. */
export function recordUpdate(
  context: MergeContext,
  change: Change,
  { managers, id, entry }: { managers: Managers; id: string; entry: ManagerIdentity & { time: string } },
): boolean {
  const before = managers.get(id)?.set
  const losses = findLosses(context, change, { managers })
  takeLosses(managers, losses)
  const gained = losses.comparison.changed
  if (isEmpty(gained)) return false
  const previous = managers.get(id)
  const set = previous ? union(gained, previous.set) : gained
  managers.set(id, { ...entry, set: context.sets.shared(set, before) })
  return true
}
