/** What an object uses of the resources a ResourceQuota counts. Shared by admission and the quota controller. Pure. */

import type { AnyObject, KubernetesObject } from '../../machinery/object-meta.js'
import { podLimits, podRequests } from '../core-v1/pod-resources.js'
import { addResources, type ResourceList } from '../core-v1/resource-list.js'
import { isExtendedResource, isHugePages } from '../core-v1/resource-names.js'
import type { PersistentVolumeClaim, Pod, Service } from '../generated/core-v1.js'
import type { ResourceClaim } from '../generated/resource-v1.js'
import { deviceUsage, isDeviceCount } from './device-usage.js'

/** A resource without its version. */
export interface GroupResource {
  group: string
  /** Plural. */
  resource: string
}

/** `count/pods` or `count/deployments.apps`. */
export const countName = ({ group, resource }: GroupResource): string =>
  `count/${group ? `${resource}.${group}` : resource}`

/** Core kinds that are also counted by their plain name. */
const plainCounts = new Set(['configmaps', 'resourcequotas', 'replicationcontrollers', 'secrets'])
const classInfix = '.storageclass.storage.k8s.io/'
const accounted = ['cpu', 'memory', 'ephemeral-storage']

/** A pod that ended, or should have ended by its grace period, is not charged for. */
function isCharged({ metadata, status }: Pod, now: number): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return false
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) return true
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000
}

/** `cpu` counts as itself and as `requests.cpu`; other resources only under a prefix. */
function computeUsage(requests: ResourceList, limits: ResourceList): ResourceList {
  const usage: ResourceList = {}
  for (const name of accounted) {
    const request = requests[name]
    if (request !== undefined) Object.assign(usage, { [name]: request, [`requests.${name}`]: request })
    const limit = limits[name]
    if (limit !== undefined) usage[`limits.${name}`] = limit
  }
  for (const [name, request] of Object.entries(requests)) {
    if (isHugePages(name)) Object.assign(usage, { [name]: request, [`requests.${name}`]: request })
    else if (isExtendedResource(name)) usage[`requests.${name}`] = request
  }
  return usage
}

function podUsage(pod: Pod, now: number): ResourceList {
  if (!isCharged(pod, now)) return {}
  return { pods: '1', ...computeUsage(podRequests(pod), podLimits(pod)) }
}

function serviceUsage({ spec }: Service): ResourceList {
  const ports = spec?.ports ?? []
  const isBalancer = spec?.type === 'LoadBalancer'
  const allocated = isBalancer && spec.allocateLoadBalancerNodePorts === false ? ports.filter(p => p.nodePort) : ports
  const nodePorts = isBalancer || spec?.type === 'NodePort' ? allocated.length : 0
  return { services: '1', 'services.loadbalancers': isBalancer ? '1' : '0', 'services.nodeports': String(nodePorts) }
}

function claimUsage({ spec, metadata }: PersistentVolumeClaim): ResourceList {
  const storageClass = metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] ?? spec?.storageClassName
  const usage: ResourceList = { persistentvolumeclaims: '1' }
  const storage = spec?.resources?.requests?.storage
  if (storage !== undefined) usage['requests.storage'] = storage
  if (storageClass)
    for (const [name, amount] of Object.entries(usage)) usage[`${storageClass}${classInfix}${name}`] = amount
  return usage
}

const special: Readonly<Record<string, (object: AnyObject, now: number) => ResourceList>> = {
  pods: (object, now) => podUsage(object as unknown as Pod, now),
  services: object => serviceUsage(object as unknown as Service),
  persistentvolumeclaims: object => claimUsage(object as unknown as PersistentVolumeClaim),
}

const isResourceClaim = ({ group, resource }: GroupResource) =>
  resource === 'resourceclaims' && group === 'resource.k8s.io'

/** All that this object uses, by the names a quota may have for it. `now` in milliseconds. */
export function quotaUsage(of: GroupResource, object: KubernetesObject, now: number): ResourceList {
  const usage: ResourceList = { [countName(of)]: '1' }
  if (isResourceClaim(of)) return { ...usage, ...deviceUsage(object as unknown as ResourceClaim) }
  if (of.group !== '') return usage
  if (plainCounts.has(of.resource)) usage[of.resource] = '1'
  return { ...usage, ...special[of.resource]?.(object as AnyObject, now) }
}

/** The resources of these names that `resource` contributes to. */
export function namesCountedBy(of: GroupResource, names: readonly string[]): string[] {
  const count = countName(of)
  return names.filter(name => {
    if (name === count) return true
    if (isResourceClaim(of)) return isDeviceCount(name)
    if (of.group !== '') return false
    if (of.resource === 'pods')
      return (
        name === 'pods' ||
        accounted.some(r => name === r || name === `requests.${r}` || name === `limits.${r}`) ||
        isHugePages(name) ||
        name.startsWith('requests.hugepages-') ||
        (name.startsWith('requests.') && isExtendedResource(name.slice('requests.'.length)))
      )
    if (of.resource === 'services') return name === 'services' || name.startsWith('services.')
    if (of.resource === 'persistentvolumeclaims')
      return name === of.resource || name === 'requests.storage' || name.includes(classInfix)
    return plainCounts.has(of.resource) && name === of.resource
  })
}

/** The sum over usages, of these names only; zero where nothing is used. */
export function sumUsage(names: readonly string[], usages: Iterable<ResourceList>): ResourceList {
  const total: ResourceList = Object.fromEntries(names.map(name => [name, '0']))
  for (const usage of usages)
    addResources(total, Object.fromEntries(Object.entries(usage).filter(([name]) => Object.hasOwn(total, name))))
  return total
}
