/**
 * Attach-detach controller, for CSI volumes: asks drivers by VolumeAttachments to attach what pods on a node need, tells the
 * node what is attached, and has volumes detached once nobody there uses them.
 */
import {
  persistentVolumeClaim as claimKind,
  node as nodeKind,
  pod as podKind,
  persistentVolume as volumeKind,
} from '../../apis/core-v1/index.js'
import type {
  AttachedVolume,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../../apis/generated/core-v1.js'
import type { VolumeAttachment } from '../../apis/generated/storage-v1.js'
import { csiDriver, volumeAttachment } from '../../apis/storage-v1/index.js'
import { keyOf } from '../../client/indexer.js'
import { isReason } from '../../machinery/status-error.js'
import { indexByNode } from '../pods/by-node.js'
import { claimsOf, indexByClaim, podsOfClaim } from '../pods/claims.js'
import { type Cache, newCache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController, type Watch } from '../runtime/define-controller.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { attachedTo, indexAttachments } from './attachments.js'
import { Memory } from './memory.js'
import { AttachMetrics } from './metrics.js'
import { type AttachPlan, planNode } from './plan.js'
import { attachmentFor } from './volume.js'
import { needsNoVolumes, wantedOn } from './wanted.js'

const nodesOf = (pods: readonly Pod[]) => pods.flatMap(({ spec }) => spec.nodeName ?? [])

/** Nodes with pods that use the claim this volume is for. */
const usersOf = ({ spec: { claimRef } }: PersistentVolume, cache: Cache) =>
  claimRef ? nodesOf(podsOfClaim(cache, `${claimRef.namespace}/${claimRef.name}`)) : []

function nodesOfPod(pod: Pod, { old }: Change): string[] {
  if (!claimsOf(pod).length) return []
  const before = old as Pod | undefined
  if (before?.spec.nodeName === pod.spec.nodeName && before && needsNoVolumes(before) === needsNoVolumes(pod)) return []
  return nodesOf([pod])
}

function nodesOfAttachment(attachment: VolumeAttachment, cache: Cache, { type }: Change): string[] {
  const { nodeName, source } = attachment.spec
  // One that is gone may be what others waited for.
  const volume = type === 'delete' ? cache.get(volumeKind, { name: source.persistentVolumeName ?? '' }) : undefined
  return [nodeName, ...(volume ? usersOf(volume, cache) : [])]
}

const watches = (memory: Memory): Watch[] => [
  { kind: podKind, keys: (pod, _, change) => nodesOfPod(pod as Pod, change) },
  {
    kind: claimKind,
    keys: (claim, cache, { old }) =>
      (old as PersistentVolumeClaim)?.status?.phase === (claim as PersistentVolumeClaim).status?.phase
        ? []
        : nodesOf(podsOfClaim(cache, keyOf(claim))),
  },
  {
    kind: volumeKind,
    keys: (volume, cache, { old }) =>
      (old as PersistentVolume)?.spec.claimRef?.uid === (volume as PersistentVolume).spec.claimRef?.uid
        ? []
        : usersOf(volume as PersistentVolume, cache),
  },
  {
    kind: volumeAttachment,
    keys(attachment, cache, change) {
      memory.fresh.seen(attachment)
      return nodesOfAttachment(attachment as VolumeAttachment, cache, change)
    },
  },
  { kind: csiDriver, keys: (_, cache, { type }) => (type === 'update' ? [] : cache.list(nodeKind).map(keyOf)) },
]

/** What the plan is made of; reports of the kubelet are mostly about other things. */
const changes = (node: Node, old: Node | undefined): boolean => {
  const facets = ({ metadata, spec, status }: Node) =>
    JSON.stringify([
      metadata.annotations,
      spec?.taints,
      status?.volumesInUse,
      status?.volumesAttached,
      status?.conditions?.find(({ type }) => type === 'Ready')?.status,
    ])
  return !old || facets(node) !== facets(old)
}

/** The status must no longer name a volume that is about to be detached: the node would take it for safe to mount. */
async function report(name: string, { report: volumesAttached }: AttachPlan, { client, cache }: ReconcileContext) {
  const names = (volumes: readonly AttachedVolume[] = []) => JSON.stringify(volumes.map(v => v.name).sort())
  const node = cache.get(nodeKind, { name })
  if (!node || names(node.status?.volumesAttached) === names(volumesAttached)) return
  const body = { status: { volumesAttached: volumesAttached.length ? volumesAttached : null } }
  const patch = { type: 'application/strategic-merge-patch+json', body } as const
  await client.patch(nodeKind, { name }, patch, { subresource: 'status' }).catch(error => {
    if (!isReason(error, 'NotFound')) throw error
  })
}

/** The cache may be behind: the node itself is asked. */
async function refuseInUse(node: string, volume: string, { client }: ReconcileContext): Promise<void> {
  const fresh = await client.get(nodeKind, { name: node }).catch(error => {
    if (!isReason(error, 'NotFound')) throw error
    return undefined
  })
  if (fresh?.status?.volumesInUse?.includes(volume))
    throw new Error(
      `DetachVolume failed for volume "${volume}": volume is still in use by node, according to Node status`,
    )
}

interface Records {
  memory: Memory
  metrics: AttachMetrics | undefined
}

async function detach(node: string, plan: AttachPlan, context: ReconcileContext, records: Records): Promise<void> {
  const { memory, metrics } = records
  for (const { name, attachment, force } of plan.detach) {
    if (force) metrics?.detached(force)
    else await refuseInUse(node, name, context)
    const { name: key = '', uid } = attachment.metadata
    await context.client.delete(volumeAttachment, { name: key }, { preconditions: { uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
    memory.forget(node, name)
  }
}

async function attach(node: string, plan: AttachPlan, context: ReconcileContext, memory: Memory): Promise<void> {
  for (const { volume, csi } of plan.attach) {
    const attachment = attachmentFor(volume, csi, node)
    memory.fresh.add(attachment)
    await context.client.create(volumeAttachment, attachment).catch(error => {
      if (isReason(error, 'AlreadyExists')) return
      memory.fresh.seen(attachment)
      throw error
    })
  }
}

const define = ({ memory, metrics }: Records): Controller => {
  const sync = async (name: string, context: ReconcileContext): Promise<Result> => {
    const { cache, clock } = context
    const node = cache.get(nodeKind, { name })
    const wanted = wantedOn(name, cache)
    const attached = attachedTo(name, node, cache)
    const plan = planNode({
      node,
      wanted,
      attached,
      inUse: volume => memory.inUse(name, node, volume),
      elsewhere: volume => memory.fresh.nodesOf(wanted.get(volume)?.volume.metadata.name ?? '', name, cache),
      unwantedSince: volume => memory.unwantedSince(name, volume, clock.monotonic()),
      now: clock.monotonic(),
    })
    memory.wanted(name, wanted)
    memory.tell(name, { plan, wanted, attached }, context)
    await report(name, plan, context)
    await detach(name, plan, context, { memory, metrics })
    await attach(name, plan, context, memory)
    return plan.waitMs === undefined ? done : requeueAfter(plan.waitMs)
  }
  return defineController<Node>({
    name: 'attach_detach',
    serviceAccount: 'attachdetach-controller',
    component: 'attachdetach-controller',
    for: nodeKind,
    prepare(informer) {
      indexByNode(informer(podKind))
      indexByClaim(informer(podKind))
      indexAttachments(informer(volumeAttachment))
    },
    watches: watches(memory),
    relevant: changes,
    // One after the other: what one node is given, the next must not.
    workers: 1,
    reconcile: ({ metadata: { name = '' } }, context) => sync(name, context),
    gone: sync,
  })
}

/** Made anew for each run: it remembers since when volumes wait. */
export const attachDetachController: Controller = {
  name: 'attach_detach',
  start(deps) {
    const { registry, informers } = deps
    const metrics = registry && new AttachMetrics(registry, newCache(informers))
    return define({ memory: new Memory(), metrics }).start(deps)
  },
}
