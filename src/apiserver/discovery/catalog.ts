/** What is served, grouped as discovery shows it: groups, their versions, their resources. Made anew when kinds come or go. */
import { createHash } from 'node:crypto'
import { compareGroupVersions, conversions } from '../../apis/index.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { RestDirectory } from '../deps.js'
import { type SubresourceInfo, subresourcesOf } from '../verbs/subresources.js'

export interface ServedKind {
  kind: AnyKind
  subresources: readonly SubresourceInfo[]
  /** Absent for kinds that are not stored. */
  storageVersionHash?: string
}

export interface ServedVersion {
  group: string
  version: string
  /** `v1` or `apps/v1`. */
  groupVersion: string
  /** By plural. */
  kinds: readonly ServedKind[]
}

export interface ServedGroup {
  /** `''` for the core group. */
  name: string
  /** The preferred one first. */
  versions: readonly ServedVersion[]
}

/** Upstream's: eight bytes of the hash of the kind as it is stored. */
function storageVersionHash(served: AnyKind): string {
  const { group, version, kind, storageVersion = version } = conversions.find(c => c.spoke === served)?.hub ?? served
  return createHash('sha256').update(`${group}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString('base64')
}

const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

function build(stored: readonly AnyKind[], virtual: readonly AnyKind[]): ServedGroup[] {
  const versions = new Map<string, { group: string; version: string; groupVersion: string; kinds: ServedKind[] }>()
  const add = (kind: AnyKind, isStored: boolean) => {
    const { group, version, apiVersion } = kind
    let entry = versions.get(apiVersion)
    if (!entry) versions.set(apiVersion, (entry = { group, version, groupVersion: apiVersion, kinds: [] }))
    entry.kinds.push({
      kind,
      subresources: subresourcesOf(kind),
      ...(isStored && { storageVersionHash: storageVersionHash(kind) }),
    })
  }
  for (const kind of stored) add(kind, kind.verbs.includes('watch'))
  for (const kind of virtual) add(kind, false)
  const groups = new Map<string, { name: string; versions: ServedVersion[] }>()
  for (const version of [...versions.values()].sort(compareGroupVersions)) {
    version.kinds.sort((a, b) => compareText(a.kind.names.plural, b.kind.names.plural))
    const group = groups.get(version.group) ?? { name: version.group, versions: [] }
    groups.set(version.group, group)
    group.versions.push(version)
  }
  return [...groups.values()]
}

export interface Catalog {
  /** All groups in upstream's order, the core group first. */
  groups(): readonly ServedGroup[]
  group(name: string): ServedGroup | undefined
  version(group: string, version: string): ServedVersion | undefined
  /** Changes with what is served. */
  readonly generation: number
}

export function newCatalog(rests: RestDirectory, virtualKinds: readonly AnyKind[]): Catalog {
  let made = Number.NaN
  let groups: readonly ServedGroup[] = []
  const current = () => {
    if (made !== rests.generation) {
      made = rests.generation
      groups = build(rests.kinds(), virtualKinds)
    }
    return groups
  }
  const group = (name: string) => current().find(candidate => candidate.name === name)
  return {
    groups: current,
    group,
    version: (name, version) => group(name)?.versions.find(candidate => candidate.version === version),
    get generation() {
      return rests.generation
    },
  }
}
