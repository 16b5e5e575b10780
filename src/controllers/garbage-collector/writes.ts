/** The collector's writes: deletions and patches of owner references and finalizers, each bound to the object it means. */
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import type { DeleteOptions } from '../../machinery/request.js'
import { isReason, StatusError } from '../../machinery/status-error.js'
import type { Node } from './owner-graph.js'

/** Lost races in a row after which the queue's back-off is the better way. */
const maxTries = 5

const keyFor = (object: KubernetesObject) => object.metadata as ObjectKey

/** Reads the object as it is now; undefined where it is gone, or another has its name. */
export async function readLatest({ kind, object }: Node, client: Client): Promise<KubernetesObject | undefined> {
  try {
    const latest = await client.get(kind, keyFor(object))
    return latest.metadata.uid === object.metadata.uid ? latest : undefined
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

/** Deletes the object as judged: a change of its owners in the meantime makes it fail. */
export async function deleteAsJudged(
  node: Node,
  latest: KubernetesObject,
  { client, propagationPolicy }: { client: Client; propagationPolicy: DeleteOptions['propagationPolicy'] },
): Promise<void> {
  let current: KubernetesObject | undefined = latest
  for (let attempt = 1; current; attempt++) {
    const { uid, resourceVersion } = current.metadata
    try {
      await client.delete(node.kind, keyFor(current), { propagationPolicy, preconditions: { uid, resourceVersion } })
      return
    } catch (error) {
      if (isReason(error, 'NotFound')) return
      if (!isReason(error, 'Conflict')) throw error
      current = await readLatest(node, client)
      // Something else about it changed: the judgement still holds.
      const judged = semanticEqual(current?.metadata.ownerReferences, latest.metadata.ownerReferences)
      if (current && (!judged || attempt === maxTries)) throw error
    }
  }
}

/** Takes the references to these owners off. */
export async function removeOwners(node: Node, uids: readonly string[], client: Client): Promise<void> {
  const references = uids.map(uid => ({ $patch: 'delete', uid }))
  await patchOwners(node, references, client, latest => ({
    ownerReferences: (latest.metadata.ownerReferences ?? []).filter(r => !uids.includes(r.uid)),
  }))
}

/** Makes no owner wait for this object any more: breaks circles of objects that wait for each other. */
export async function unblockOwners(node: Node, client: Client): Promise<void> {
  const blocking = (node.object.metadata.ownerReferences ?? []).filter(r => r.blockOwnerDeletion)
  const references = blocking.map(({ uid }) => ({ uid, blockOwnerDeletion: false }))
  await patchOwners(node, references, client, latest => ({
    ownerReferences: (latest.metadata.ownerReferences ?? []).map(r => ({ ...r, blockOwnerDeletion: false })),
  }))
}

/** Custom resources know no strategic merge: theirs is a merge patch bound to the version read. */
async function patchOwners(
  node: Node,
  ownerReferences: readonly object[],
  client: Client,
  merged: (latest: KubernetesObject) => object,
): Promise<void> {
  const key = keyFor(node.object)
  const { uid } = node.object.metadata
  try {
    const body = { metadata: { uid, ownerReferences } }
    await client.patch(node.kind, key, { type: 'application/strategic-merge-patch+json', body })
  } catch (error) {
    if (isReason(error, 'NotFound')) return
    if (!(error instanceof StatusError) || error.code !== 415) throw error
    const latest = await readLatest(node, client)
    if (!latest) return
    const metadata = { ...merged(latest), resourceVersion: latest.metadata.resourceVersion }
    await client.patch(node.kind, key, { type: 'application/merge-patch+json', body: { metadata } })
  }
}

/** Takes the finalizer off, which lets the object go if it was the last. */
export async function removeFinalizer(node: Node, name: string, client: Client): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const latest = await readLatest(node, client)
    if (!latest?.metadata.finalizers?.includes(name)) return
    const finalizers = latest.metadata.finalizers.filter(f => f !== name)
    const body = { metadata: { resourceVersion: latest.metadata.resourceVersion, finalizers } }
    try {
      await client.patch(node.kind, keyFor(latest), { type: 'application/merge-patch+json', body })
      return
    } catch (error) {
      if (isReason(error, 'NotFound')) return
      if (!isReason(error, 'Conflict') || attempt === maxTries) throw error
    }
  }
}
