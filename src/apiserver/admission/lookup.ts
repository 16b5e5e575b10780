/** How admission plugins read the cluster. */
import type { AnyObject, KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { RestDirectory } from '../deps.js'

export interface Lookup {
  /** Undefined when there is no such object, or no such kind. */
  get<T extends KubernetesObject = AnyObject>(resource: ResourceRef, key: ObjectKey): Promise<T | undefined>
  list<T extends KubernetesObject = AnyObject>(
    resource: ResourceRef,
    namespace?: string,
    fieldSelector?: string,
  ): Promise<T[]>
}

/** What is known here, whatever its revision. */
const anyVersion = '0'

export type ResourceRef = readonly [group: string, version: string, resource: string]

export const namespaces: ResourceRef = ['', 'v1', 'namespaces']
export const serviceAccounts: ResourceRef = ['', 'v1', 'serviceaccounts']
export const pods: ResourceRef = ['', 'v1', 'pods']
export const nodes: ResourceRef = ['', 'v1', 'nodes']
export const limitRanges: ResourceRef = ['', 'v1', 'limitranges']
export const resourceQuotas: ResourceRef = ['', 'v1', 'resourcequotas']
export const priorityClasses: ResourceRef = ['scheduling.k8s.io', 'v1', 'priorityclasses']
export const storageClasses: ResourceRef = ['storage.k8s.io', 'v1', 'storageclasses']
export const ingressClasses: ResourceRef = ['networking.k8s.io', 'v1', 'ingressclasses']
export const runtimeClasses: ResourceRef = ['node.k8s.io', 'v1', 'runtimeclasses']

/**
 * Reads through the registry. Objects are shared: never change them. As upstream's plugins look into their informers, what this
 * server knows will do, though another server on the store may have changed it a moment ago; what it does not know, it asks for.
 */
export function newLookup(rests: RestDirectory): Lookup {
  return {
    async get<T extends KubernetesObject>(resource: ResourceRef, key: ObjectKey) {
      try {
        const rest = rests.find(...resource)
        const stored = await rest?.get(key, anyVersion).catch(error => {
          if (isReason(error, 'NotFound')) return rest.get(key)
          throw error
        })
        return stored?.object as T | undefined
      } catch (error) {
        if (isReason(error, 'NotFound')) return undefined
        throw error
      }
    },
    async list<T extends KubernetesObject>(resource: ResourceRef, namespace?: string, fieldSelector?: string) {
      const options = { resourceVersion: anyVersion, ...(fieldSelector && { fieldSelector }) }
      const found = await rests.find(...resource)?.list(namespace, options)
      return (found?.items.map(item => item.object) ?? []) as unknown as T[]
    },
  }
}
