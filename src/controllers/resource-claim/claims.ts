/** Resource claim controller, for claims: frees them of pods that are done, and deletes those made for such pods. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../apis/generated/resource-v1.js'
import { resourceClaim } from '../../apis/resource-v1/index.js'
import { claimFinalizer, claimNamesOf } from '../../apis/resource-v1/pod-claims.js'
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'
import { isPodTerminal } from '../pods/state.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { controllerRefOf } from '../runtime/owner.js'
import { done } from '../runtime/result.js'

/** It will not run any more, or never did. */
const isDone = (pod: Pod) => isPodTerminal(pod) || Boolean(pod.metadata.deletionTimestamp && !pod.spec.nodeName)

const claimsFreedBy = (pod: Pod, { type }: Change) =>
  type === 'delete' || isDone(pod) ? claimNamesOf(pod).map(name => `${pod.metadata.namespace}/${name}`) : []

async function stillUses(
  namespace: string,
  { apiGroup, resource, name, uid }: ResourceClaimConsumerReference,
  { cache, client }: ReconcileContext,
): Promise<boolean> {
  if (apiGroup || resource !== 'pods')
    throw new Error(`unsupported ReservedFor entry: ${JSON.stringify({ apiGroup, resource, name, uid })}`)
  const key = { namespace, name }
  const known = cache.get(podKind, key)
  if (known) return known.metadata.uid === uid && !isDone(known)
  // The cache may not have it yet, though a scheduler has.
  const fresh = await client.get(podKind, key).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })
  return fresh?.metadata.uid === uid
}

const isProtected = ({ metadata }: ResourceClaim) => metadata.finalizers?.includes(claimFinalizer) === true

const unprotect = (claim: ResourceClaim, client: Client): Promise<ResourceClaim> => {
  const { metadata } = claim
  const finalizers = (metadata.finalizers ?? []).filter(name => name !== claimFinalizer)
  return client.update<ResourceClaim>(resourceClaim, { ...claim, metadata: { ...metadata, finalizers } })
}

/** A claim without users is given back: another pod may want it on another node. */
async function release(claim: ResourceClaim, users: ResourceClaimConsumerReference[], client: Client) {
  const { allocation, reservedFor = [], ...rest } = claim.status ?? {}
  const isFreed = users.length < reservedFor.length
  const isGoing = Boolean(claim.metadata.deletionTimestamp) && !users.length && isProtected(claim)
  if (!isFreed && !isGoing) return
  const givesBack = !users.length && isProtected(claim)
  const status = {
    ...rest,
    ...(allocation && !givesBack && { allocation }),
    ...(users.length && { reservedFor: users }),
  }
  const changed =
    isFreed || allocation ? await client.updateStatus<ResourceClaim>(resourceClaim, { ...claim, status }) : claim
  if (isProtected(changed) && !changed.status?.allocation) await unprotect(changed, client)
}

/** One that was made for a pod which needs it no longer; of pods that are gone the garbage collector does it. */
async function removeGenerated({ metadata }: ResourceClaim, { cache, client }: ReconcileContext): Promise<void> {
  const { namespace = '', name = '', uid } = metadata
  const owner = controllerRefOf({ metadata })
  if (owner?.kind !== 'Pod' || owner.apiVersion !== 'v1') return
  const pod = cache.get(podKind, { namespace, name: owner.name })
  if (!pod || (pod.metadata.uid === owner.uid && !isDone(pod))) return
  await client.delete(resourceClaim, { namespace, name }, { preconditions: { uid } }).catch(error => {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  })
}

export const claimUsersController = defineController<ResourceClaim>({
  name: 'resource_claim_users',
  serviceAccount: 'resource-claim-controller',
  component: 'resource_claim',
  for: resourceClaim,
  watches: [{ kind: podKind, keys: (pod, _, change) => claimsFreedBy(pod as Pod, change) }],

  async reconcile(claim, context) {
    const users: ResourceClaimConsumerReference[] = []
    for (const user of claim.status?.reservedFor ?? [])
      if (await stillUses(claim.metadata.namespace ?? '', user, context)) users.push(user)
    await release(claim, users, context.client)
    if (!users.length && !claim.metadata.deletionTimestamp) await removeGenerated(claim, context)
    return done
  },
})
