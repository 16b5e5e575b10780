/** Managed fields of a scale subresource: those of its parent that tell who owns the number of replicas. */
import type { ManagedFieldsEntry } from '../object-meta.js'
import { difference, type FieldSet, hasPath, isEmpty, setOfPaths } from './field-set.js'
import { decodeManagers, encodeManagers, type ManagerEntry, type Managers } from './managers.js'
import { fieldElement, type PathElement } from './path-element.js'

type Entries = readonly ManagedFieldsEntry[] | undefined

const scaleVersion = 'autoscaling/v1'
const elementsOf = (path: string): PathElement[] => path.split('.').map(fieldElement)
const replicasInScale = elementsOf('spec.replicas')
const setInScale: FieldSet = setOfPaths([replicasInScale])

export interface ScaleParent {
  /** Of the request. */
  readonly apiVersion: string
  /** Dotted path of the wanted number in that version; undefined for versions that are not served, null where nothing scales. */
  replicasIn(apiVersion: string): string | null | undefined
}

/** What the Scale shows its writers. */
export function scaleEntries({ replicasIn }: ScaleParent, parent: Entries): ManagedFieldsEntry[] | undefined {
  const owners: Managers = new Map()
  for (const [id, entry] of decodeManagers(parent, false)) {
    const path = replicasIn(entry.apiVersion)
    if (path && hasPath(entry.set, elementsOf(path)))
      owners.set(id, { ...entry, apiVersion: scaleVersion, set: setInScale })
  }
  return encodeManagers(owners)
}

/** A parent's entry after the Scale was written; undefined when nothing of it is left. */
function keptEntry(entry: ManagerEntry, path: string, owns: boolean): ManagerEntry | undefined {
  if (owns) return entry
  const set = difference(entry.set, setOfPaths([elementsOf(path)]))
  return isEmpty(set) ? undefined : { ...entry, set }
}

/** The parent's entries once the Scale was written with `scale`: who owns its replicas there owns them here. */
export function parentEntries(
  { apiVersion, replicasIn }: ScaleParent,
  parent: Entries,
  scale: Entries,
): ManagedFieldsEntry[] | undefined {
  const before = decodeManagers(parent, false)
  const owners = decodeManagers(scale, false)
  const result: Managers = new Map()
  for (const [id, entry] of before) {
    const path = replicasIn(entry.apiVersion)
    if (path === undefined) continue
    if (path === null || !hasPath(entry.set, elementsOf(path))) result.set(id, entry)
    else {
      const kept = keptEntry(entry, path, owners.delete(id))
      if (kept) result.set(id, kept)
    }
  }
  const own = replicasIn(apiVersion)
  for (const [id, entry] of own ? owners : []) {
    if (!hasPath(entry.set, replicasInScale)) continue
    // Upstream looks the time up among the parent's, so an owner that is new has none.
    const set = setOfPaths([elementsOf(own!)])
    result.set(id, { ...entry, apiVersion, time: before.get(id)?.time, set })
  }
  return encodeManagers(result)
}
