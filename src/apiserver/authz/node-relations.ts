/** What ties an object to a node: the pods bound there, what these name, the volumes behind their claims. */
import type { AnyObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { RestDirectory } from '../deps.js'
import { claimsOf, podRefersTo, type ReferencedResource } from './node-objects.js'
import { volumeSecrets } from './volume-secrets.js'

export type RelatedResource =
  | ReferencedResource
  | 'persistentvolumes'
  | 'pods'
  | 'volumeattachments.storage.k8s.io'
  | 'resourceslices.resource.k8s.io'

/** Whether something ties the object to the node. */
export type IsRelated = (
  node: string,
  resource: RelatedResource,
  object: { namespace: string; name: string },
) => Promise<boolean>

interface Volume {
  claimRef?: { namespace?: string; name?: string }
}
const claimOf = (volume: AnyObject) => (volume.spec as Volume | undefined)?.claimRef

/** Reads through the registry, so that a pod counts from the moment it is bound. */
export function newNodeRelations(rests: RestDirectory): IsRelated {
  const list = async (resource: string, namespace: string, fieldSelector?: string): Promise<AnyObject[]> => {
    const options = { resourceVersion: '0', ...(fieldSelector && { fieldSelector }) }
    const found = await rests.find('', 'v1', resource)?.list(namespace || undefined, options)
    return found?.items.map(item => item.object) ?? []
  }
  const podsOf = (node: string, namespace: string) => list('pods', namespace, `spec.nodeName=${node}`)

  const get = async (group: string, resource: string, key: ObjectKey): Promise<AnyObject | undefined> => {
    try {
      return (await rests.find(group, 'v1', resource)?.get(key))?.object
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }

  const isUsed = async (node: string, volume: AnyObject) => {
    const { namespace, name } = claimOf(volume) ?? {}
    if (!namespace || !name) return false
    return (await podsOf(node, namespace)).some(pod => podRefersTo(pod, 'persistentvolumeclaims', name))
  }

  /** Secrets that volumes name may lie in other namespaces than the claims. */
  const isSecretOfVolume = async (node: string, { namespace, name }: { namespace: string; name: string }) => {
    const naming = (await list('persistentvolumes', '')).filter(volume =>
      volumeSecrets(volume).some(secret => secret.namespace === namespace && secret.name === name),
    )
    if (!naming.length) return false
    const claims = new Set((await podsOf(node, '')).flatMap(claimsOf))
    return naming.some(volume => claims.has(`${claimOf(volume)?.namespace}/${claimOf(volume)?.name}`))
  }

  return async (node, resource, object) => {
    const { namespace, name } = object
    const nodeNameOf = (found: AnyObject | undefined) => (found?.spec as { nodeName?: string } | undefined)?.nodeName
    switch (resource) {
      case 'pods':
        return nodeNameOf(await get('', 'pods', { namespace, name })) === node
      case 'volumeattachments.storage.k8s.io':
        return nodeNameOf(await get('storage.k8s.io', 'volumeattachments', { name })) === node
      case 'resourceslices.resource.k8s.io':
        return nodeNameOf(await get('resource.k8s.io', 'resourceslices', { name })) === node
      case 'persistentvolumes': {
        const volume = await get('', 'persistentvolumes', { name })
        return !!volume && isUsed(node, volume)
      }
      default: {
        const pods = await podsOf(node, namespace)
        if (pods.some(pod => podRefersTo(pod, resource, name))) return true
        return resource === 'secrets' && isSecretOfVolume(node, object)
      }
    }
  }
}
