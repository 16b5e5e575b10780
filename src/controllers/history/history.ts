/** The revisions of a DaemonSet or StatefulSet: each of its pod templates, kept as a ControllerRevision for rolling back. */
import { controllerRevision as revisionKind } from '../../apis/apps-v1/index.js'
import type { ControllerRevision } from '../../apis/generated/apps-v1.js'
import type { Pod, PodTemplateSpec } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { cloneJson } from '../../machinery/clone.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import { canonicalJson, fnv32a, safeEncode } from '../runtime/fnv.js'
import { newControllerRef } from '../runtime/owner.js'

/** On pods: the revision they were made from. */
export const revisionLabel = 'controller-revision-hash'
/** What is left of a name of 253 characters after dash and hash, as upstream cuts it. */
const maxPrefix = 223

export interface HistoryOwner extends KubernetesObject {
  spec: { template: PodTemplateSpec; revisionHistoryLimit?: number }
  status?: { collisionCount?: number }
}

export interface History {
  current: ControllerRevision
  /** Lowest revision first. */
  old: ControllerRevision[]
  collisionCount: number | undefined
}

/** The patch that takes the owner back to this template; its JSON tells templates apart. */
const dataFor = (template: PodTemplateSpec): Record<string, unknown> => ({
  spec: { template: { ...cloneJson(template), $patch: 'replace' } },
})

/** The template that a revision keeps. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec = {} } = (data ?? {}) as { spec?: { template?: PodTemplateSpec & { $patch?: string } } }
  const { $patch: _, ...template } = spec.template ?? { metadata: {} }
  return template as PodTemplateSpec
}

const byRevision = (a: ControllerRevision, b: ControllerRevision) =>
  a.revision - b.revision || ((a.metadata.creationTimestamp ?? '') < (b.metadata.creationTimestamp ?? '') ? -1 : 1)

export interface HistoryOptions {
  owner: HistoryOwner
  ownerKind: KindRef
  /** Label of the revision that holds its hash. */
  hashLabel: string
}

/** Finds the revision of today's template among those owned, raises it to the newest, or creates it. */
export async function syncHistory(
  options: HistoryOptions,
  owned: readonly ControllerRevision[],
  client: Client,
): Promise<History> {
  const { owner } = options
  const text = canonicalJson(dataFor(owner.spec.template))
  const sorted = [...owned].sort(byRevision)
  const found = sorted.findLast(r => canonicalJson(r.data) === text)
  const old = sorted.filter(r => r !== found)
  const revision = Math.max(0, ...old.map(r => r.revision)) + 1
  const { collisionCount } = owner.status ?? {}
  if (!found) return { old, ...(await create(options, revision, client)) }
  const current = found.revision < revision ? await client.update(revisionKind, { ...found, revision }) : found
  return { current, old, collisionCount }
}

async function create(
  { owner, ownerKind, hashLabel }: HistoryOptions,
  revision: number,
  client: Client,
): Promise<{ current: ControllerRevision; collisionCount: number | undefined }> {
  const data = dataFor(owner.spec.template)
  const text = canonicalJson(data)
  for (let collisionCount = owner.status?.collisionCount; ; collisionCount = (collisionCount ?? 0) + 1) {
    const hash = safeEncode(String(fnv32a(collisionCount === undefined ? text : `${text}#${collisionCount}`)))
    const { namespace, name = '', annotations } = owner.metadata
    const wanted: ControllerRevision = {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: {
        namespace,
        name: `${name.slice(0, maxPrefix)}-${hash}`,
        labels: { ...owner.spec.template.metadata?.labels, [hashLabel]: hash },
        ...(annotations && { annotations }),
        ownerReferences: [newControllerRef(ownerKind, owner)],
      },
      data,
      revision,
    }
    try {
      return { current: await client.create(revisionKind, wanted), collisionCount }
    } catch (error) {
      if (!isReason(error, 'AlreadyExists')) throw error
    }
    const existing = await client.get(revisionKind, wanted.metadata as ObjectKey)
    if (canonicalJson(existing.data) === text) return { current: existing, collisionCount }
  }
}

/** Deletes the oldest revisions beyond the limit that no pod runs. `isLive` says whether one is in use. */
export async function trimHistory(
  owner: HistoryOwner,
  { old }: History,
  { client, isLive }: { client: Client; isLive(revision: ControllerRevision): boolean },
): Promise<void> {
  const surplus = old.length - (owner.spec.revisionHistoryLimit ?? 10)
  const doomed = old.filter(r => !isLive(r)).slice(0, Math.max(0, surplus))
  for (const { metadata } of doomed)
    await client.delete(revisionKind, metadata as ObjectKey, { preconditions: { uid: metadata.uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
}

/** The revision a pod was made from. */
export const revisionOfPod = ({ metadata }: Pod): string | undefined => metadata.labels?.[revisionLabel]
