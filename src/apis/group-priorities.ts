/** Order of groups and versions in discovery, as upstream's aggregator ranks them: higher comes first. */

import { compareVersions } from './apiextensions-v1/custom/version-order.js'

export interface Priority {
  group: number
  version: number
}

/** By `group/version`; the core group is `/v1`. From upstream's apiVersionPriorities and its generic defaults. */
const priorities: Readonly<Record<string, Priority>> = {
  '/v1': { group: 18000, version: 1 },
  'apiregistration.k8s.io/v1': { group: 18000, version: 1 },
  'apps/v1': { group: 17800, version: 15 },
  'events.k8s.io/v1': { group: 17750, version: 15 },
  'authentication.k8s.io/v1': { group: 17700, version: 15 },
  'authorization.k8s.io/v1': { group: 17600, version: 15 },
  'autoscaling/v2': { group: 17500, version: 30 },
  'autoscaling/v1': { group: 17500, version: 15 },
  'batch/v1': { group: 17400, version: 15 },
  'certificates.k8s.io/v1': { group: 17300, version: 15 },
  'networking.k8s.io/v1': { group: 17200, version: 15 },
  'policy/v1': { group: 17100, version: 15 },
  'rbac.authorization.k8s.io/v1': { group: 17000, version: 15 },
  'storage.k8s.io/v1': { group: 16800, version: 15 },
  'admissionregistration.k8s.io/v1': { group: 16700, version: 15 },
  'apiextensions.k8s.io/v1': { group: 16700, version: 15 },
  'scheduling.k8s.io/v1': { group: 16600, version: 15 },
  'coordination.k8s.io/v1': { group: 16500, version: 15 },
  'node.k8s.io/v1': { group: 16300, version: 15 },
  'discovery.k8s.io/v1': { group: 16200, version: 15 },
  'resource.k8s.io/v1': { group: 16200, version: 21 },
  'flowcontrol.apiserver.k8s.io/v1': { group: 16100, version: 21 },
}

/** What upstream gives groups that come from CustomResourceDefinitions. */
const customResources: Priority = { group: 1000, version: 100 }

/** Of a built-in group version, or that of custom resources. */
export const groupVersionPriority = (group: string, version: string): Priority =>
  priorities[`${group}/${version}`] ?? customResources

interface GroupVersion {
  group: string
  version: string
  /** Where it is not that of `groupVersionPriority`. */
  priority?: Priority
}

/** For sorting: groups by priority then name, versions of one group by priority, then as Kubernetes prefers them. */
export function compareGroupVersions(a: GroupVersion, b: GroupVersion): number {
  const left = a.priority ?? groupVersionPriority(a.group, a.version)
  const right = b.priority ?? groupVersionPriority(b.group, b.version)
  if (a.group !== b.group) return right.group - left.group || (a.group < b.group ? -1 : 1)
  return right.version - left.version || compareVersions(a.version, b.version)
}
