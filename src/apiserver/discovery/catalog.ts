/** What is served, grouped as discovery shows it: groups, their versions, their resources. Made anew when kinds come or go. */
import { createHash } from 'node:crypto'
import { groupVersionPriority, type Priority } from '../../apis/group-priorities.js'
import { compareGroupVersions, conversions } from '../../apis/index.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AggregatedVersion, Aggregation } from '../aggregation/aggregation.js'
import type { RemoteVersion } from '../aggregation/remote-discovery.js'
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
  priority: Priority
  /** By plural. */
  kinds: readonly ServedKind[]
  /** Another server answers it, and says what there is. */
  remote?: RemoteVersion
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

type VersionInMaking = ServedVersion & { kinds: ServedKind[] }

function localVersions(stored: readonly AnyKind[], virtual: readonly AnyKind[]): Map<string, VersionInMaking> {
  const versions = new Map<string, VersionInMaking>()
  const add = (kind: AnyKind, isStored: boolean) => {
    const { group, version, apiVersion } = kind
    let entry = versions.get(apiVersion)
    if (!entry) {
      const priority = groupVersionPriority(group, version)
      versions.set(apiVersion, (entry = { group, version, groupVersion: apiVersion, priority, kinds: [] }))
    }
    entry.kinds.push({
      kind,
      subresources: subresourcesOf(kind),
      ...(isStored && { storageVersionHash: storageVersionHash(kind) }),
    })
  }
  for (const kind of stored) add(kind, kind.verbs.includes('watch'))
  for (const kind of virtual) add(kind, false)
  for (const version of versions.values())
    version.kinds.sort((a, b) => compareText(a.kind.names.plural, b.kind.names.plural))
  return versions
}

/** Takes the place of our own, should there be any of the same group and version. */
function addRemote(versions: Map<string, VersionInMaking>, { remote, resources, freshness }: AggregatedVersion): void {
  const { group, version, groupPriority, versionPriority } = remote
  const groupVersion = group ? `${group}/${version}` : version
  const priority = { group: groupPriority, version: versionPriority }
  versions.set(groupVersion, { group, version, groupVersion, priority, kinds: [], remote: { resources, freshness } })
}

/** The highest priority of any of its versions is that of the group. */
function raisePriorities(versions: Iterable<VersionInMaking>): void {
  const highest = new Map<string, number>()
  for (const { group, priority } of versions) highest.set(group, Math.max(highest.get(group) ?? 0, priority.group))
  for (const version of versions) version.priority = { ...version.priority, group: highest.get(version.group)! }
}

function build(versions: readonly VersionInMaking[]): ServedGroup[] {
  const groups = new Map<string, { name: string; versions: ServedVersion[] }>()
  for (const version of [...versions].sort(compareGroupVersions)) {
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

export function newCatalog(
  rests: RestDirectory,
  virtualKinds: readonly AnyKind[],
  remotes: Pick<Aggregation, 'versions' | 'generation'> = { versions: () => [], generation: 0 },
): Catalog {
  // Neither ever goes back.
  const generation = () => rests.generation + remotes.generation
  let made = Number.NaN
  let groups: readonly ServedGroup[] = []
  const current = () => {
    if (made !== generation()) {
      made = generation()
      const versions = localVersions(rests.kinds(), virtualKinds)
      for (const remote of remotes.versions()) addRemote(versions, remote)
      raisePriorities(versions.values())
      groups = build([...versions.values()])
    }
    return groups
  }
  const group = (name: string) => current().find(candidate => candidate.name === name)
  return {
    groups: current,
    group,
    version: (name, version) => group(name)?.versions.find(candidate => candidate.version === version),
    get generation() {
      return generation()
    },
  }
}
