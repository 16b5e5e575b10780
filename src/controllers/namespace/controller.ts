/** Namespace controller: empties a namespace that is being deleted, pods first, and then lets it go. */
import { namespace as namespaceKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Namespace } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import type { ServedResource } from '../../client/in-process.js'
import type { PartialDiscovery } from '../../client/partial-discovery.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, type Result, requeueAfter } from '../runtime/result.js'
import { knownResources, preferredResources } from '../runtime/served-resources.js'
import { deleteContent, type Remaining, type Target, UnexpectedRemains } from './delete-content.js'
import { type DeletionOutcome, planConditions } from './plan.js'

const finalizer = 'kubernetes'
/**
 * A create that was admitted just before the deletion must be there when its content is listed. Upstream waits 5 s, for the
 * sake of several API servers whose caches lag; here writes are admitted against the store itself, so moments are enough.
 */
const settleMs = 250
/** What is ending needs no more than another look, and the end of a pod brings that about by itself. */
const endingMs = 1_000

export const namespaceController = defineController<Namespace>({
  name: 'namespace',
  for: namespaceKind,
  workers: 10,
  maxBackoffMs: 60_000,
  relevant: namespace => namespace.metadata.deletionTimestamp !== undefined,
  // Pods take their grace periods: look again when one is gone rather than when the estimate says so.
  watches: [{ kind: podKind, keys: (pod, _cache, { type }) => (type === 'delete' ? namespaceOf(pod) : []) }],

  async reconcile(cached, context) {
    const { metadata } = cached
    if (!metadata.deletionTimestamp) return done
    const age = context.clock.now() - Date.parse(metadata.deletionTimestamp)
    // Times are printed in whole seconds, so a fresh one may seem up to a second old.
    if (age < 1000 && !cached.status?.conditions?.length) await pause(context)
    try {
      return await finishDeletion(cached, context)
    } catch (error) {
      if (isReason(error, 'NotFound')) return done
      throw error
    }
  },
})

const namespaceOf = ({ metadata }: KubernetesObject) => (metadata.namespace ? [metadata.namespace] : [])
const pause = ({ clock }: ReconcileContext) => new Promise<void>(resolve => void clock.after(settleMs, resolve))

async function finishDeletion(cached: Namespace, { client, clock, log }: ReconcileContext): Promise<Result> {
  let namespace = await client.get(namespaceKind, { name: cached.metadata.name ?? '' })
  const { deletionTimestamp, name = '' } = namespace.metadata
  if (!deletionTimestamp) return done
  if (namespace.status?.phase !== 'Terminating')
    namespace = await client.updateStatus(namespaceKind, {
      ...namespace,
      status: { ...namespace.status, phase: 'Terminating' },
    })
  if ((namespace.spec?.finalizers ?? []).length === 0) return done

  const target = { namespace: name, deletedAt: Date.parse(deletionTimestamp), now: clock.now() }
  const { outcome, estimate } = await deleteAllContent(target, client)
  namespace = await writeConditions(namespace, outcome, { client, now: clock.now() })
  const failures = [outcome.discoveryError, ...outcome.deletionErrors].filter(e => e !== undefined)
  const failure = failures.find(e => !(e instanceof UnexpectedRemains && e.ending))
  if (failure) throw failure
  if (failures.length > 0) return requeueAfter(endingMs)
  if (estimate > 0) {
    log.debug({ namespace: name, estimate }, 'Content remains in the namespace')
    return requeueAfter((Math.floor(estimate / 2) + 1) * 1000)
  }
  const finalizers = (namespace.spec?.finalizers ?? []).filter(f => f !== finalizer)
  await client.updateSubresource(namespaceKind, { ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize')
  return done
}

async function writeConditions(
  namespace: Namespace,
  outcome: DeletionOutcome,
  { client, now }: { client: Client; now: number },
): Promise<Namespace> {
  const conditions = planConditions(namespace.status?.conditions, outcome, now)
  if (semanticEqual(conditions, namespace.status?.conditions)) return namespace
  return client.updateStatus(namespaceKind, { ...namespace, status: { ...namespace.status, conditions } })
}

/** What is known is deleted all the same; the namespace stays. */
const groupsFailed = ({ failed, message }: PartialDiscovery) =>
  new Error(`Discovery failed for some groups, ${failed.length} failing: ${message}`)

async function deleteAllContent(
  target: Target,
  client: Client,
): Promise<{ outcome: DeletionOutcome; estimate: number }> {
  const outcome: DeletionOutcome = { deletionErrors: [], remaining: new Map(), finalizers: new Map() }
  let resources: readonly ServedResource[] = []
  try {
    const { served, failure } = await knownResources(client)
    resources = served
    if (failure) outcome.discoveryError = groupsFailed(failure)
  } catch (error) {
    outcome.discoveryError = error as Error
  }
  const namespaced = preferredResources(resources, ['delete']).filter(r => r.scope === 'Namespaced')
  const isPods = ({ group, names }: ServedResource) => group === '' && names.plural === 'pods'
  let estimate = 0
  // Pods first: what they use, such as network policies, must outlive them.
  for (const stage of [namespaced.filter(isPods), namespaced.filter(r => !isPods(r))]) {
    const results = await Promise.all(stage.map(resource => deleteOne(resource, target, { client, outcome })))
    estimate = Math.max(estimate, ...results.map(r => r.estimate))
    if (results.some(r => r.count > 0) && stage.every(isPods)) break
  }
  return { outcome, estimate }
}

/** Counts what is left into `outcome`. */
async function deleteOne(
  resource: ServedResource,
  target: Target,
  { client, outcome }: { client: Client; outcome: DeletionOutcome },
): Promise<Remaining> {
  const note = (count: number) => {
    if (count > 0) outcome.remaining.set(`${resource.names.plural}.${resource.group}`, count)
  }
  try {
    const left = await deleteContent(resource, target, client)
    note(left.count)
    for (const name of left.finalizers) outcome.finalizers.set(name, (outcome.finalizers.get(name) ?? 0) + 1)
    return left
  } catch (error) {
    outcome.deletionErrors.push(error as Error)
    const count = error instanceof UnexpectedRemains ? error.count : 0
    note(count)
    return { count, finalizers: [], estimate: 0 }
  }
}
