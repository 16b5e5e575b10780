/** Names of resources such as `cpu`, `hugepages-2Mi` or `example.com/gpu`, and the rules that hang on them. */
import { isQualifiedName } from '../../machinery/names.js'

export const resourceClasses = {
  container: new Set(['cpu', 'memory', 'ephemeral-storage']),
  pod: new Set(['cpu', 'memory']),
} as const

const countedObjects = [
  'pods',
  'resourcequotas',
  'services',
  'replicationcontrollers',
  'secrets',
  'configmaps',
  'persistentvolumeclaims',
  'services.nodeports',
  'services.loadbalancers',
]
const countedObjectSet = new Set(countedObjects)

const quotaResources = new Set([
  'cpu',
  'memory',
  'ephemeral-storage',
  'requests.cpu',
  'requests.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.cpu',
  'limits.memory',
  'limits.ephemeral-storage',
  ...countedObjects,
])

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')
const isQuotaHugePages = (name: string): boolean => isHugePages(name) || name.startsWith('requests.hugepages-')

/** Known to quotas. */
export const isStandardQuotaResource = (name: string): boolean => quotaResources.has(name) || isQuotaHugePages(name)
/** Known to the system at all. */
export const isStandardResource = (name: string): boolean => name === 'storage' || isStandardQuotaResource(name)
/** A container may ask for it. */
export const isStandardContainerResource = (name: string): boolean =>
  resourceClasses.container.has(name) || isHugePages(name)
/** May be set for a pod as a whole. */
export const isPodLevelResource = (name: string): boolean => resourceClasses.pod.has(name) || isHugePages(name)
/** As upstream lists it in errors. */
export const podLevelResources = ['cpu', 'hugepages-', 'memory'] as const

/** Without a domain, or of kubernetes.io's. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** A node's vendor defines it, such as `example.com/gpu`. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && !isQualifiedName(`requests.${name}`).length

/** More may be promised than there is; otherwise requests and limits must be equal. */
export const isOvercommitAllowed = (name: string): boolean => isNativeResource(name) && !isHugePages(name)

/** Counted in whole numbers. */
export const isIntegerResource = (name: string): boolean => countedObjectSet.has(name) || isExtendedResource(name)
