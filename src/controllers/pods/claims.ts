/** Finding the pods that use a claim in the cache. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Informer } from '../../client/informer.js'
import type { Cache } from '../runtime/cache.js'

const byClaimIndex = 'podClaims'

/** Names of the claims a pod uses; those of ephemeral volumes are named after pod and volume. */
export const claimsOf = ({ metadata, spec }: Pod): string[] =>
  (spec.volumes ?? []).flatMap(v => {
    if (v.persistentVolumeClaim) return v.persistentVolumeClaim.claimName
    return v.ephemeral ? `${metadata.name}-${v.name}` : []
  })

/** `namespace/name` of the same. */
export const claimKeys = (pod: Pod): string[] => claimsOf(pod).map(name => `${pod.metadata.namespace}/${name}`)

/** Makes podsOfClaim work. */
export const indexByClaim = (pods: Informer<Pod>): void => pods.addIndex(byClaimIndex, claimKeys)

/** `claim`: its namespace and name, with a slash between. */
export const podsOfClaim = (cache: Cache, claim: string): Pod[] => cache.byIndex(podKind, byClaimIndex, claim)
