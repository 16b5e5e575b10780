/** Resource claim controller, for pods: makes the claims of their templates, and reserves them where no scheduler did. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod, PodResourceClaim } from '../../apis/generated/core-v1.js'
import type { ResourceClaim } from '../../apis/generated/resource-v1.js'
import { resourceClaim, resourceClaimTemplate } from '../../apis/resource-v1/index.js'
import { claimNameOf, claimNamesOf, isReservedFor, notMadeFor } from '../../apis/resource-v1/pod-claims.js'
import { keyOf } from '../../client/indexer.js'
import { isPodTerminal } from '../pods/state.js'
import { type Cache, newCache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { controllerRefOf } from '../runtime/owner.js'
import { done } from '../runtime/result.js'
import { ClaimMetrics } from './metrics.js'
import { newClaim, podClaimAnnotation } from './new-claim.js'

const byClaim = 'resourceClaims'
const byPod = 'pod'

const claimOf = (cache: Cache, pod: Pod, name: string) =>
  cache.get<ResourceClaim>(resourceClaim, { namespace: pod.metadata.namespace ?? '', name })

/** True when the claim is there and the pod's: it must not be made again. */
function isMade(pod: Pod, entry: PodResourceClaim, cache: Cache): boolean {
  const found = claimNameOf(pod, entry)
  if (typeof found === 'string') return found === 'none'
  const claim = claimOf(cache, pod, found.name)
  return claim !== undefined && !(found.generated && notMadeFor(pod, claim))
}

interface Work {
  context: ReconcileContext
  metrics: ClaimMetrics | undefined
}

/** One that was made before, by somebody who did not come to tell the pod; else a new one. */
async function make(pod: Pod, entry: PodResourceClaim, { context: { cache, client }, metrics }: Work): Promise<string> {
  const { namespace = '', uid = '' } = pod.metadata
  const orphan = cache
    .byIndex<ResourceClaim>(resourceClaim, byPod, uid)
    .find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === entry.name)
  if (orphan) return orphan.metadata.name ?? ''
  const name = entry.resourceClaimTemplateName ?? ''
  const template = cache.get(resourceClaimTemplate, { namespace, name })
  if (!template)
    throw new Error(
      `resource claim template ${JSON.stringify(name)}: resourceclaimtemplate.resource.k8s.io ${JSON.stringify(name)} not found`,
    )
  const claim = newClaim(pod, entry.name, template)
  const created = await client.create<ResourceClaim>(resourceClaim, claim).catch(error => {
    metrics?.created(claim, 'failure')
    throw new Error(`create ResourceClaim : ${(error as Error).message}`, { cause: error })
  })
  metrics?.created(created, 'success')
  return created.metadata.name ?? ''
}

async function makeMissing(pod: Pod, work: Work): Promise<Map<string, string>> {
  const { context } = work
  const made = new Map<string, string>()
  for (const entry of pod.spec.resourceClaims ?? []) {
    if (isMade(pod, entry, context.cache) || entry.resourceClaimTemplateName === undefined) continue
    try {
      made.set(entry.name, await make(pod, entry, work))
    } catch (error) {
      const text = `PodResourceClaim ${entry.name}: ${(error as Error).message}`
      context.recorder.event(pod, 'Warning', 'FailedResourceClaimCreation', text)
      throw error
    }
  }
  return made
}

/** The pod is told the names of its claims; those it knew stay. */
async function tell(pod: Pod, made: ReadonlyMap<string, string>, { client }: ReconcileContext): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata
  const names = new Map(pod.status?.resourceClaimStatuses?.map(each => [each.name, each.resourceClaimName]))
  for (const [entry, claim] of made) names.set(entry, claim)
  const resourceClaimStatuses = [...names].map(([entry, resourceClaimName]) => ({
    name: entry,
    ...(resourceClaimName && { resourceClaimName }),
  }))
  const body = { apiVersion: 'v1', kind: 'Pod', metadata: { namespace, name, uid }, status: { resourceClaimStatuses } }
  const patch = { type: 'application/apply-patch+yaml', body } as const
  const options = { subresource: 'status', fieldManager: 'ResourceClaimController', force: true }
  await client.patch(podKind, { namespace, name }, patch, options)
}

/** A pod that was bound by hand uses what is allocated already. */
async function reserve(pod: Pod, { cache, client }: ReconcileContext): Promise<void> {
  for (const entry of pod.spec.resourceClaims ?? []) {
    const found = claimNameOf(pod, entry)
    const claim = typeof found === 'string' ? undefined : claimOf(cache, pod, found.name)
    if (!claim || typeof found === 'string') continue
    const problem = found.generated ? notMadeFor(pod, claim) : undefined
    if (problem) throw new Error(problem)
    if (!claim.status?.allocation || isReservedFor(pod, claim)) continue
    const { name = '', uid = '' } = pod.metadata
    const reservedFor = [...(claim.status.reservedFor ?? []), { resource: 'pods', name, uid }]
    await client.updateStatus<ResourceClaim>(resourceClaim, { ...claim, status: { ...claim.status, reservedFor } })
  }
}

export const podClaimsController: Controller = {
  name: 'resource_claim',
  start(deps) {
    const { registry, informers } = deps
    return define(registry && new ClaimMetrics(registry, newCache(informers))).start(deps)
  },
}

const define = (metrics: ClaimMetrics | undefined): Controller =>
  defineController<Pod>({
    name: 'resource_claim',
    serviceAccount: 'resource-claim-controller',
    component: 'resource_claim',
    for: podKind,
    relevant: ({ spec }) => (spec.resourceClaims?.length ?? 0) > 0,
    prepare(informer) {
      informer<Pod>(podKind).addIndex(byClaim, pod =>
        claimNamesOf(pod).map(name => `${pod.metadata.namespace}/${name}`),
      )
      informer<ResourceClaim>(resourceClaim).addIndex(byPod, claim => {
        const owner = controllerRefOf(claim)
        return owner?.kind === 'Pod' && owner.apiVersion === 'v1' ? [owner.uid] : []
      })
    },
    watches: [
      { kind: resourceClaim, keys: (claim, cache) => cache.byIndex(podKind, byClaim, keyOf(claim)).map(keyOf) },
    ],
    reads: [resourceClaimTemplate],

    async reconcile(pod, context) {
      // A claim made for a pod that has ended would be removed at once.
      if (pod.metadata.deletionTimestamp || isPodTerminal(pod)) return done
      const made = await makeMissing(pod, { context, metrics })
      if (made.size) await tell(pod, made, context)
      // Before that the scheduler reserves.
      if (pod.spec.nodeName) await reserve(pod, context)
      return done
    },
  })
