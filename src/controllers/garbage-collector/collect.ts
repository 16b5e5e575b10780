/** Judging one object: may it stay, must it go, or does it wait for its dependents? And orphaning the dependents of one. */
import type { Client } from '../../client/client.js'
import type { Logger } from '../../telemetry/logger.js'
import { allAtOnce } from '../runtime/slow-start.js'
import { type ClassifyDeps, classify } from './classify.js'
import {
  awaitsDependents,
  foregroundFinalizer,
  isBeingDeleted,
  type Node,
  type OwnerGraph,
  orphanFinalizer,
  orphansDependents,
} from './owner-graph.js'
import { deleteAsJudged, readLatest, removeFinalizer, removeOwners, unblockOwners } from './writes.js'

export interface CollectDeps extends ClassifyDeps {
  log: Logger
  /** Asks for another object to be judged. */
  enqueue(uid: string): void
}

/** Judges an object by what the server says of it and of its owners. */
export async function collect(node: Node, deps: CollectDeps): Promise<void> {
  const { object } = node
  if (awaitsDependents(object)) return awaitDependents(node, deps)
  if (isBeingDeleted(object)) return
  if (await ownersAreCached(node, deps.graph)) return
  const latest = await readLatest(node, deps.client)
  const references = latest?.metadata.ownerReferences ?? []
  if (!latest || references.length === 0) return
  const { solid, dangling, waiting } = await classify({ ...node, object: latest }, references, deps)
  const gone = [...dangling, ...waiting].map(r => r.uid)
  if (solid.length > 0) {
    if (gone.length > 0) await removeOwners(node, gone, deps.client)
    return
  }
  const dependents = deps.graph.dependentsOf(object.metadata.uid ?? '')
  const foreground = waiting.length > 0 && dependents.length > 0
  if (foreground && dependents.some(d => awaitsDependents(d.object))) await unblockOwners(node, deps.client)
  const propagationPolicy = foreground ? 'Foreground' : policyOf(latest.metadata.finalizers)
  deps.log.info({ kind: node.kind.kind, name: object.metadata.name, propagationPolicy }, 'Deleting item')
  await deleteAsJudged(node, latest, { client: deps.client, propagationPolicy })
}

/** Finalizers put on by hand say how the dependents are to be treated. */
function policyOf(finalizers: readonly string[] = []): 'Orphan' | 'Foreground' | 'Background' {
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  return finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background'
}

/** The usual case, settled without asking the server: every owner is there and stays. */
async function ownersAreCached({ object }: Node, graph: OwnerGraph): Promise<boolean> {
  return (object.metadata.ownerReferences ?? []).every(reference => {
    const owner = graph.cachedOwner(reference, object)
    return owner !== undefined && !awaitsDependents(owner)
  })
}

async function awaitDependents(node: Node, { graph, client, enqueue }: CollectDeps): Promise<void> {
  const blocking = graph.blockingDependentsOf(node.object.metadata.uid ?? '')
  if (blocking.length === 0) return removeFinalizer(node, foregroundFinalizer, client)
  for (const { object } of blocking) if (!awaitsDependents(object)) enqueue(object.metadata.uid ?? '')
}

/** Frees all dependents of an object that orphans them, then lets the object go. */
export async function orphanDependents(node: Node, graph: OwnerGraph, client: Client): Promise<void> {
  if (!orphansDependents(node.object)) return
  const uid = node.object.metadata.uid ?? ''
  await allAtOnce(graph.dependentsOf(uid), dependent => removeOwners(dependent, [uid], client))
  await removeFinalizer(node, orphanFinalizer, client)
}
