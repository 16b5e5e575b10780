/** Which tokens a node may ask for: those of pods bound to it, for audiences that the pods want. */
import type { Pod, Volume } from '../../../apis/generated/core-v1.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { resourceAttributes } from '../../authz/attributes.js'
import type { Authorize } from '../../authz/authorizer.js'
import { refusal } from '../admission.js'
import type { Lookup, ResourceRef } from '../lookup.js'
import { findPod, nodeNameOf, type Restricted, type Restriction } from './restricted.js'

interface TokenRequestSpec {
  /** Null, as Go prints a list that is not there. */
  audiences?: string[] | null
  boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string } | null
}

const claims: ResourceRef = ['', 'v1', 'persistentvolumeclaims']
const volumes: ResourceRef = ['', 'v1', 'persistentvolumes']
const drivers: ResourceRef = ['storage.k8s.io', 'v1', 'csidrivers']

export function newTokenRestriction(lookup: Lookup, authorize: Authorize): Restriction {
  /** The driver behind a claim; undefined where the volume is of no CSI driver. */
  const driverOfClaim = async (namespace: string, name: string) => {
    const claim = await lookup.get(claims, { namespace, name })
    const { volumeName } = (claim?.spec ?? {}) as { volumeName?: string }
    const volume = volumeName ? await lookup.get(volumes, { name: volumeName }) : undefined
    return (volume?.spec as { csi?: { driver?: string } } | undefined)?.csi?.driver
  }

  const driverOf = ({ metadata }: AnyObject, volume: Volume) => {
    const { namespace = '', name = '' } = metadata
    if (volume.ephemeral?.volumeClaimTemplate) return driverOfClaim(namespace, `${name}-${volume.name}`)
    const { claimName } = volume.persistentVolumeClaim ?? {}
    return claimName ? driverOfClaim(namespace, claimName) : volume.csi?.driver
  }

  const driverWants = async (driver: string, audience: string) => {
    const found = await lookup.get(drivers, { name: driver })
    const { tokenRequests = [] } = (found?.spec ?? {}) as { tokenRequests?: { audience?: string }[] }
    return tokenRequests.some(request => (request.audience ?? '') === audience)
  }

  const podWants = async (object: AnyObject, audience: string): Promise<boolean> => {
    for (const volume of (object as unknown as Pod).spec?.volumes ?? []) {
      const sources = volume.projected?.sources ?? []
      const isProjected = sources.some(({ serviceAccountToken: token }) => token && (token.audience ?? '') === audience)
      if (isProjected) return true
      const driver = await driverOf(object, volume)
      if (driver && (await driverWants(driver, audience))) return true
    }
    return false
  }

  const checkAudience = async ({ attributes }: Restricted, audiences: readonly string[], pod: AnyObject) => {
    if (audiences.length > 1) throw refusal(attributes, 'node may only request 0 or 1 audiences')
    const [audience = ''] = audiences
    if (await podWants(pod, audience)) return
    const { user, namespace, name } = attributes
    const asked = { verb: 'request-serviceaccounts-token-audience', version: 'v1', resource: audience, namespace, name }
    if ((await authorize(resourceAttributes(user, asked))).allowed) return
    throw refusal(
      attributes,
      `audience ${JSON.stringify(audience)} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`,
    )
  }

  return async restricted => {
    const { attributes, node } = restricted
    if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return
    const { audiences, boundObjectRef: ref } = (attributes.object?.spec ?? {}) as TokenRequestSpec
    if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || !ref.name)
      throw refusal(attributes, 'node requested token not bound to a pod')
    if (!ref.uid) throw refusal(attributes, 'node requested token with a pod binding without a uid')
    const pod = await findPod(lookup, attributes.namespace, ref.name)
    if (pod.metadata.uid !== ref.uid)
      throw refusal(
        attributes,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (nodeNameOf(pod) !== node)
      throw refusal(attributes, 'node requested token bound to a pod scheduled on a different node')
    await checkAudience(restricted, audiences ?? [], pod)
  }
}
