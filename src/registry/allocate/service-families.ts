/** Fills ipFamilyPolicy and ipFamilies of a service from what it says of its addresses and what the cluster has. */

import { validateClusterIps } from '../../apis/core-v1/service-cluster-ips.js'
import { isHeadless } from '../../apis/core-v1/service-facts.js'
import type { Service, ServiceSpec } from '../../apis/generated/core-v1.js'
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { familyOf, type IpFamily } from '../../machinery/ip-family.js'
import { invalidObject } from '../../machinery/status-error.js'

/** Families the cluster gives out addresses of; the first is the default. */
export type ClusterFamilies = readonly IpFamily[]

const policyPath = 'spec.ipFamilyPolicy'
const kind = { group: '', kind: 'Service' }

const otherFamily = (family: string): IpFamily => (family === 'IPv4' ? 'IPv6' : 'IPv4')
const sameList = (a: readonly string[] = [], b: readonly string[] = []) =>
  a.length === b.length && a.every((item, i) => item === b[i])

/** Nothing that concerns addresses has changed: a service is not moved to or from two families by itself. */
export function keepsDualStack(spec: ServiceSpec, old: ServiceSpec | undefined): boolean {
  if (!old || spec.ipFamilyPolicy !== 'PreferDualStack' || spec.type === 'ExternalName' || old.type !== spec.type)
    return false
  const oldPolicy = old.ipFamilyPolicy ?? 'PreferDualStack'
  return (
    oldPolicy === 'PreferDualStack' &&
    sameList(old.clusterIPs, spec.clusterIPs) &&
    sameList(old.ipFamilies, spec.ipFamilies)
  )
}

const isSelectorless = ({ selector }: ServiceSpec) => !selector || Object.keys(selector).length === 0

function defaultPolicy(spec: ServiceSpec, old: ServiceSpec | undefined): string {
  if (old?.ipFamilyPolicy) return old.ipFamilyPolicy
  return spec.clusterIP === 'None' && isSelectorless(spec) ? 'RequireDualStack' : 'SingleStack'
}

/** Asking for one family is how the second is released; it is never released silently. */
function releaseErrors(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (sameList(old.clusterIPs, spec.clusterIPs)) spec.clusterIPs = spec.clusterIPs?.slice(0, 1)
    if (sameList(old.ipFamilies, spec.ipFamilies)) spec.ipFamilies = spec.ipFamilies?.slice(0, 1)
    return []
  }
  const reduced = (now: readonly string[] = [], before: readonly string[] = []) =>
    now.length > 0 && now.length < before.length
  const error = (what: string) =>
    invalid(policyPath, spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`)
  return [
    ...(reduced(spec.clusterIPs, old.clusterIPs) ? [error('cluster IP')] : []),
    ...(reduced(spec.ipFamilies, old.ipFamilies) ? [error('IP family')] : []),
  ]
}

function policyErrors(spec: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy !== 'SingleStack') return []
  const error = (what: string) =>
    invalid(
      policyPath,
      spec.ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    )
  return [
    ...(spec.clusterIPs?.length === 2 ? [error('cluster IPs')] : []),
    ...(spec.ipFamilies?.length === 2 ? [error('IP families')] : []),
  ]
}

function inferFamilies(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = []
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    if (ip === 'None') break
    if (i < (spec.ipFamilies?.length ?? 0)) continue
    const family = familyOf(ip)
    if (cluster.includes(family)) spec.ipFamilies = [...(spec.ipFamilies ?? []), family]
    else errors.push(invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, `${family} is not configured on this cluster`))
  }
  return errors
}

function clusterErrors(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const dual = spec.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2
  return [
    ...(dual
      ? [invalid(policyPath, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services')]
      : []),
    ...(spec.ipFamilies ?? []).flatMap((family, i) =>
      cluster.includes(family as IpFamily)
        ? []
        : [invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster')],
    ),
  ]
}

function failOn(service: Service, errors: readonly FieldError[]): void {
  if (errors.length) throw invalidObject(kind, service.metadata.name ?? '', errors)
}

/** Throws 422 where the wishes contradict each other or the cluster. */
export function initFamilies(service: Service, old: Service | undefined, cluster: ClusterFamilies): void {
  const { spec } = service
  if (spec.type === 'ExternalName' || keepsDualStack(spec, old?.spec)) return
  spec.ipFamilyPolicy ??= defaultPolicy(spec, old?.spec)
  failOn(service, [...validateClusterIps(spec, old?.spec)])
  const released = old ? releaseErrors(spec, old.spec) : []
  failOn(service, [...released, ...policyErrors(spec), ...inferFamilies(spec, cluster)])
  const wantsTwo = spec.ipFamilyPolicy !== 'SingleStack'
  // Nobody knows the families of endpoints that are put together by hand, so whatever is asked for is granted.
  const free = isHeadless(spec) && isSelectorless(spec)
  if (!free) failOn(service, clusterErrors(spec, cluster))
  if (!spec.ipFamilies?.length) spec.ipFamilies = [cluster[0]!]
  if (wantsTwo && spec.ipFamilies.length === 1 && (free || cluster.length === 2))
    spec.ipFamilies = [spec.ipFamilies[0]!, otherFamily(spec.ipFamilies[0]!)]
}
