/** Resource quota controller: counts in each ResourceQuota's status what its namespace uses. */
import { daemonSet, deployment, replicaSet, statefulSet } from '../../apis/apps-v1/index.js'
import { cronJob, job } from '../../apis/batch-v1/index.js'
import {
  configMap,
  persistentVolumeClaim,
  pod,
  resourceQuota as quotaKind,
  replicationController,
  secret,
  service,
} from '../../apis/core-v1/index.js'
import type { ResourceList } from '../../apis/core-v1/resource-list.js'
import type { ResourceQuota } from '../../apis/generated/core-v1.js'
import { inQuotaScope } from '../../apis/quota/scopes.js'
import { countName, type GroupResource, namesCountedBy, quotaUsage, sumUsage } from '../../apis/quota/usage.js'
import { resourceClaim } from '../../apis/resource-v1/index.js'
import { keyOf } from '../../client/indexer.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { compareQuantity } from '../../machinery/quantity.js'
import type { Cache } from '../runtime/cache.js'
import type { ReconcileContext } from '../runtime/controller.js'
import { type Change, defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { knownResources } from '../runtime/served-resources.js'

/** Kinds whose every change is followed; others are counted now and then. */
const followed: readonly KindRef[] = [
  pod,
  service,
  persistentVolumeClaim,
  configMap,
  secret,
  replicationController,
  deployment,
  replicaSet,
  statefulSet,
  daemonSet,
  job,
  cronJob,
  resourceClaim,
]
const recountMs = 30_000

const groupResource = ({ group, names }: KindRef): GroupResource => ({ group, resource: names.plural })

export const resourceQuotaController = defineController<ResourceQuota>({
  name: 'resourcequota_primary',
  serviceAccount: 'resourcequota-controller',
  for: quotaKind,
  watches: followed.map(kind => ({ kind, keys: (o, cache, change) => quotasOf(kind, o, { cache, change }) })),

  async reconcile(quota, context) {
    const hard = quota.spec?.hard ?? {}
    const { used, complete } = await countUsage(quota, Object.keys(hard), context)
    const same =
      sameAmounts(quota.status?.hard, hard) && quota.status?.used !== undefined && sameAmounts(quota.status.used, used)
    if (!same) await context.client.updateStatus(quotaKind, { ...quota, status: { hard, used } })
    return complete ? done : requeueAfter(recountMs)
  },
})

function sameAmounts(a: ResourceList = {}, b: ResourceList = {}): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(n => b[n] !== undefined && compareQuantity(a[n] ?? '0', b[n]) === 0)
  )
}

/** Quotas that count this kind; a change that leaves the use as it was wakes none. */
function* quotasOf(
  kind: KindRef,
  object: KubernetesObject,
  { cache, change }: { cache: Cache; change: Change },
): Iterable<string> {
  const of = groupResource(kind)
  if (change.old && kind !== pod && kind !== service && kind !== persistentVolumeClaim) return
  for (const quota of cache.list(quotaKind, object.metadata.namespace))
    if (namesCountedBy(of, Object.keys(quota.spec?.hard ?? {})).length > 0) yield keyOf(quota)
}

async function countUsage(
  quota: ResourceQuota,
  names: readonly string[],
  { cache, client, clock }: ReconcileContext,
): Promise<{ used: ResourceList; complete: boolean }> {
  const { namespace } = quota.metadata
  const usages: ResourceList[] = []
  const count = (kind: KindRef, objects: readonly KubernetesObject[]) => {
    const of = groupResource(kind)
    for (const object of objects) if (inQuotaScope(quota, of, object)) usages.push(quotaUsage(of, object, clock.now()))
  }
  const cached = [...followed, quotaKind]
  for (const kind of cached)
    if (namesCountedBy(groupResource(kind), names).length > 0) count(kind, cache.list(kind, namespace))
  const known = new Set(cached.map(kind => countName(groupResource(kind))))
  const others = names.filter(name => name.startsWith('count/') && !known.has(name))
  if (others.length > 0) {
    const { served } = await knownResources(client)
    for (const name of others) {
      const kind = served.find(r => r.scope === 'Namespaced' && countName(groupResource(r)) === name)
      if (kind) count(kind, (await client.list(kind, { namespace })).items)
    }
  }
  return { used: sumUsage(names, usages), complete: others.length === 0 }
}
