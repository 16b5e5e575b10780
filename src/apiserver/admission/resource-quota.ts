/** ResourceQuota: a write that uses more than its namespace's quotas allow is refused; one that fits is charged at once. */
import { addResources, type ResourceList } from '../../apis/core-v1/resource-list.js'
import type { ResourceQuota } from '../../apis/generated/core-v1.js'
import { inQuotaScope } from '../../apis/quota/scopes.js'
import { type GroupResource, namesCountedBy, quotaUsage } from '../../apis/quota/usage.js'
import type { Clock } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { addQuantity, compareQuantity, formatQuantity, subtractQuantity } from '../../machinery/quantity.js'
import { isReason, notFound } from '../../machinery/status-error.js'
import { loopback } from '../authn/user.js'
import type { RestDirectory } from '../deps.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from './admission.js'
import { type Lookup, resourceQuotas } from './lookup.js'
import { type AdmittedContainer, asPod } from './pod-spec.js'

/** Never counted, as upstream has it. */
const ignored: ReadonlySet<string> = new Set(['bindings', 'componentstatuses', 'events', 'events.events.k8s.io'])

/** Where a quota names these, every container must say how much it wants. */
const mustBeSaid = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory']

const resourceQuotaRef = { group: '', names: { plural: 'resourcequotas', singular: 'resourcequota' } }
const asQuota = (object: AnyObject) => object as unknown as ResourceQuota
const groupResource = ({ kind }: AdmissionAttributes): GroupResource => ({
  group: kind.group,
  resource: kind.names.plural,
})
const isTerminating = (pod: AnyObject) =>
  ((pod.spec as { activeDeadlineSeconds?: number } | undefined)?.activeDeadlineSeconds ?? -1) >= 0

/** Updates count only where they can change what is used. */
function concerns({ operation, kind, subresource, object, old }: AdmissionAttributes): boolean {
  if (ignored.has(kind.qualifiedResource) || !object) return false
  if (operation === 'CREATE') return !subresource
  if (kind.qualifiedResource === 'services' || kind.qualifiedResource === 'persistentvolumeclaims') return !subresource
  if (kind.qualifiedResource !== 'pods') return false
  if (subresource === 'resize') return true
  return !subresource && !!old && isTerminating(old) !== isTerminating(object)
}

const print = (list: ResourceList) =>
  Object.keys(list)
    .sort()
    .map(name => `${name}=${formatQuantity(list[name] ?? '0')}`)
    .join(',')

function mask(list: ResourceList, names: readonly string[]): ResourceList {
  return Object.fromEntries(Object.entries(list).filter(([name]) => names.includes(name)))
}

/** What `usage` has more than `before`; nothing where it has less. */
function increase(usage: ResourceList, before: ResourceList): ResourceList {
  const more: ResourceList = {}
  for (const [name, amount] of Object.entries(usage)) {
    const left = subtractQuantity(amount, before[name] ?? '0')
    if (compareQuantity(left, '0') > 0) more[name] = formatQuantity(left)
  }
  return more
}

/** `limits.cpu for: main`: what containers must specify and do not. */
function unsaid(pod: AnyObject, names: readonly string[]): string | undefined {
  const { spec } = asPod(pod)
  if (spec.resources?.requests || spec.resources?.limits) return undefined
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  const says = ({ resources = {} }: AdmittedContainer, name: string) => {
    const [list, resource] = name.startsWith('limits.')
      ? [resources.limits, name.slice(7)]
      : [resources.requests, name.replace('requests.', '')]
    return list?.[resource] !== undefined
  }
  const missing = mustBeSaid
    .filter(name => names.includes(name))
    .map(name => ({ name, of: containers.filter(container => !says(container, name)).map(c => c.name) }))
    .filter(({ of }) => of.length)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  if (!missing.length) return undefined
  return `must specify ${missing.map(({ name, of }) => `${name} for: ${of.sort().join(',')}`).join('; ')}`
}

interface Charge {
  quota: ResourceQuota
  delta: ResourceList
}

/** Throws when the quota as it is now cannot take the charge; otherwise what will be used. */
function usedAfter(attributes: AdmissionAttributes, { quota, delta }: Charge): ResourceList {
  const { hard = {}, used = {} } = quota.status ?? {}
  const requested = mask(delta, Object.keys(hard))
  const exceeded = Object.keys(requested).filter(name => {
    const total = addQuantity(used[name] ?? '0', requested[name] ?? '0')
    return compareQuantity(total, hard[name] ?? '0') > 0
  })
  if (exceeded.length)
    throw refusal(
      attributes,
      `exceeded quota: ${quota.metadata.name}, requested: ${print(mask(requested, exceeded))}, used: ${print(mask(used, exceeded))}, limited: ${print(mask(hard, exceeded))}`,
    )
  const total = { ...used }
  addResources(total, requested)
  return total
}

export function resourceQuota(
  lookup: Lookup,
  { clock, rests }: { clock: Clock; rests: RestDirectory },
): AdmissionPlugin {
  const chargesOf = (attributes: AdmissionAttributes, quotas: readonly ResourceQuota[]): Charge[] => {
    const of = groupResource(attributes)
    const { object, old } = attributes
    const usage = quotaUsage(of, object!, clock.now())
    const before = old ? quotaUsage(of, old, clock.now()) : {}
    const charges: Charge[] = []
    for (const quota of quotas) {
      const { hard = {}, used = {} } = quota.status ?? {}
      const names = namesCountedBy(of, Object.keys(hard))
      if (!names.length || !inQuotaScope(quota, of, object!)) continue
      const { name } = quota.metadata
      const missing = of.group === '' && of.resource === 'pods' ? unsaid(object!, names) : undefined
      if (missing) throw refusal(attributes, `failed quota: ${name}: ${missing}`)
      const unknown = names.filter(resource => used[resource] === undefined)
      if (unknown.length)
        throw refusal(attributes, `status unknown for quota: ${name}, resources: ${names.sort().join(',')}`)
      const counted = old && inQuotaScope(quota, of, old) ? increase(usage, before) : increase(usage, {})
      const delta = mask(counted, names)
      if (Object.keys(delta).length) charges.push({ quota, delta })
    }
    return charges
  }

  const charge = async (attributes: AdmissionAttributes, { quota, delta }: Charge) => {
    const { name = '', namespace = '' } = quota.metadata
    const transform = (current: AnyObject | undefined) => {
      if (!current) throw notFound(resourceQuotaRef, name)
      const fresh = asQuota(current)
      fresh.status = { ...fresh.status, used: usedAfter(attributes, { quota: fresh, delta }) }
      return fresh as unknown as AnyObject
    }
    const scope = { user: loopback, dryRun: attributes.dryRun, subresource: 'status' }
    try {
      await rests.find(...resourceQuotas)?.update({ name, namespace }, transform, scope)
    } catch (error) {
      // A quota that is gone limits nothing.
      if (!isReason(error, 'NotFound')) throw error
    }
  }

  return {
    name: 'ResourceQuota',
    operations: ['CREATE', 'UPDATE'],
    subresources: true,
    async validate(attributes) {
      const { namespace } = attributes
      if (!namespace || !concerns(attributes)) return
      const quotas = await lookup.list(resourceQuotas, namespace)
      if (!quotas.length) return
      const charges = chargesOf(attributes, quotas.map(asQuota))
      // All must fit before any is charged.
      for (const each of charges) usedAfter(attributes, each)
      for (const each of charges) await charge(attributes, each)
    },
  }
}
