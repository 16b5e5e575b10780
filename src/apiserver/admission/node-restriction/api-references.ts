/** What of the API a pod needs: a mirror pod, which no account vouches for, may need nothing. */
import type { Pod, Volume } from '../../../apis/generated/core-v1.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { podRefersToConfigMaps, podRefersToSecrets } from '../../authz/node-objects.js'

/** Volume sources that read the API, in the order in which upstream looks for them. */
const sources: readonly (readonly [keyof Volume, string])[] = [
  ['configMap', 'configmaps (via configmap volumes)'],
  ['secret', 'secrets (via secret volumes)'],
  ['csi', 'csidrivers (via CSI volumes)'],
  ['glusterfs', 'endpoints (via glusterFS volumes)'],
  ['persistentVolumeClaim', 'persistentvolumeclaims'],
  ['ephemeral', 'persistentvolumeclaims (via ephemeral volumes)'],
  ['azureFile', 'secrets (via azureFile volumes)'],
]

const projections = [
  ['configMap', 'configmaps (via projected volumes)'],
  ['secret', 'secrets (via projected volumes)'],
  ['serviceAccountToken', 'serviceaccounts (via projected volumes)'],
  ['clusterTrustBundle', 'clustertrustbundles'],
  ['podCertificate', 'podcertificates'],
] as const

function ofVolume(volume: Volume): string | undefined {
  const found = sources.find(([source]) => volume[source])
  if (found) return found[1]
  for (const source of volume.projected?.sources ?? []) {
    const projected = projections.find(([name]) => (source as Record<string, unknown>)[name])
    if (projected) return projected[1]
  }
  return undefined
}

/** The first reference, in upstream's words; undefined for a pod that stands alone. */
export function apiReferenceOf(object: AnyObject): string | undefined {
  const { spec } = object as unknown as Required<Pick<Pod, 'spec'>>
  if (spec.serviceAccountName) return 'serviceaccounts'
  if (podRefersToSecrets(object)) return 'secrets'
  if (podRefersToConfigMaps(object)) return 'configmaps'
  if (spec.resourceClaims?.length) return 'resourceclaims'
  for (const volume of spec.volumes ?? []) {
    const found = ofVolume(volume)
    if (found) return found
  }
  return undefined
}
