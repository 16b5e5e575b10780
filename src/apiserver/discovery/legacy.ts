/** Discovery as it was before aggregation: one document for each group and version. */
import type { ServedGroup, ServedKind, ServedVersion } from './catalog.js'

const versionOf = ({ groupVersion, version }: ServedVersion) => ({ groupVersion, version })

const groupOf = ({ name, versions }: ServedGroup) => ({
  name,
  versions: versions.map(versionOf),
  preferredVersion: versionOf(versions[0]!),
})

/** The first of the group's APIServices by name. */
const firstName = ({ versions }: ServedGroup) => versions.map(({ version, group }) => `${version}.${group}`).sort()[0]!

/** Groups of one priority go by the names of their APIServices here, and not by their own. */
function byServiceName(a: ServedGroup, b: ServedGroup): number {
  const [left, right] = [a, b].map(({ versions }) => versions[0]!.priority.group)
  return right! - left! || (firstName(a) < firstName(b) ? -1 : 1)
}

/** `/apis`: all groups but the core. */
export const groupList = (groups: readonly ServedGroup[]) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groups
    .filter(group => group.name)
    .sort(byServiceName)
    .map(groupOf),
})

/** `/apis/<group>`. */
export const apiGroup = (group: ServedGroup) => ({ kind: 'APIGroup', apiVersion: 'v1', ...groupOf(group) })

/** `/api`; `serverAddress` is host and port under which the client may reach us. */
export const apiVersions = (group: ServedGroup, serverAddress: string) => ({
  kind: 'APIVersions',
  versions: group.versions.map(({ version }) => version),
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
})

function* resourcesOf({ kind, subresources, storageVersionHash }: ServedKind) {
  const { names, scope, verbs, custom } = kind
  const namespaced = scope === 'Namespaced'
  yield {
    name: names.plural,
    singularName: names.singular,
    namespaced,
    kind: kind.kind,
    verbs: custom?.verbs() ?? [...verbs].sort(),
    ...(names.shortNames?.length && { shortNames: names.shortNames }),
    ...(names.categories?.length && { categories: names.categories }),
    ...(storageVersionHash && { storageVersionHash }),
  }
  for (const { name, kind: subKind, group, version, verbs: subVerbs } of subresources) {
    yield {
      name: `${names.plural}/${name}`,
      singularName: '',
      namespaced,
      ...(group && { group }),
      ...(version && { version }),
      kind: subKind,
      verbs: subVerbs,
    }
  }
}

/** `/api/v1` and `/apis/<group>/<version>`. */
export const resourceList = ({ groupVersion, group, kinds }: ServedVersion) => ({
  kind: 'APIResourceList',
  ...(group && { apiVersion: 'v1' }),
  groupVersion,
  resources: kinds.flatMap(kind => [...resourcesOf(kind)]),
})
