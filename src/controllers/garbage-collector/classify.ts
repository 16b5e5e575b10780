/** Sorting an object's owner references: who is there, who is gone, who only waits for its dependents to go. */
import type { Client } from '../../client/client.js'
import type { Lru } from '../../client/lru.js'
import type { KubernetesObject, OwnerReference } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { awaitsDependents, type Node, type OwnerGraph } from './owner-graph.js'

export interface Classified {
  /** There, or not to be judged: the object stays. */
  solid: OwnerReference[]
  dangling: OwnerReference[]
  /** Being deleted in the foreground, waiting for this object. */
  waiting: OwnerReference[]
}

export interface ClassifyDeps {
  graph: OwnerGraph
  client: Client
  /** Owners known to be gone, by `absentKey`: their many dependents need not each ask the server. */
  absent: Lru<true>
}

/** A uid is unique, but the reference around it may lie: the same uid in another namespace is another question. */
export const absentKey = (reference: OwnerReference, namespace: string | undefined): string =>
  [reference.uid, reference.apiVersion, reference.kind, namespace, reference.name].join('|')

/** An owner the cache shows is taken as there; that one is gone is believed only of the server. */
export async function classify(
  node: Node,
  references: readonly OwnerReference[],
  deps: ClassifyDeps,
): Promise<Classified> {
  const result: Classified = { solid: [], dangling: [], waiting: [] }
  for (const reference of references) {
    const owner = deps.graph.cachedOwner(reference, node.object) ?? (await readOwner(reference, node, deps))
    if (owner === 'absent') result.dangling.push(reference)
    else if (owner !== 'unjudged' && awaitsDependents(owner)) result.waiting.push(reference)
    else result.solid.push(reference)
  }
  return result
}

async function readOwner(
  reference: OwnerReference,
  { object }: Node,
  { graph, client, absent }: ClassifyDeps,
): Promise<KubernetesObject | 'absent' | 'unjudged'> {
  const { namespace } = object.metadata
  const key = absentKey(reference, namespace)
  if (absent.get(key)) return 'absent'
  const kind = graph.kindOf(reference)
  if (!kind) throw new Error(`unable to get REST mapping for ${reference.apiVersion}/${reference.kind}.`)
  // A namespaced owner cannot own what is outside all namespaces: such a reference is invalid, and never a reason to delete.
  if (kind.scope === 'Namespaced' && !namespace) return 'unjudged'
  try {
    const address = { name: reference.name, ...(kind.scope === 'Namespaced' && { namespace }) }
    const owner = await client.get(kind, address)
    if (owner.metadata.uid === reference.uid) return owner
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
  absent.set(key, true)
  return 'absent'
}
