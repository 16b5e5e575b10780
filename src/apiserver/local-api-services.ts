/** APIServices of the groups and versions that this server answers itself. */
import type { APIService } from '../apis/generated/apiregistration-v1.js'
import { groupVersionPriority } from '../apis/group-priorities.js'

export const automanagedLabel = 'kube-aggregator.kubernetes.io/automanaged'

interface GroupVersion {
  group: string
  version: string
}

/** `onstart`: written once a start. `true`: comes and goes with its custom resources. */
export type Automanaged = 'onstart' | 'true'

/** With upstream's priorities. */
export function localApiService({ group, version }: GroupVersion, automanaged: Automanaged): APIService {
  const priority = groupVersionPriority(group, version)
  return {
    kind: 'APIService',
    apiVersion: 'apiregistration.k8s.io/v1',
    metadata: { name: `${version}.${group}`, labels: { [automanagedLabel]: automanaged } },
    spec: {
      ...(group && { group }),
      version,
      groupPriorityMinimum: priority.group,
      versionPriority: priority.version,
    },
  }
}

/** One for each group and version of the kinds, but for the group that holds APIServices themselves. */
export function localApiServices(kinds: Iterable<GroupVersion>): APIService[] {
  const byName = new Map<string, APIService>()
  for (const { group, version } of kinds) {
    const name = `${version}.${group}`
    if (group !== 'apiregistration.k8s.io' && !byName.has(name))
      byName.set(name, localApiService({ group, version }, 'onstart'))
  }
  return [...byName.values()]
}
