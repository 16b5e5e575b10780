/** Checks of a service's cluster IPs and IP families: by themselves, and how they may change. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { ipFamilyOf } from '../../machinery/ip.js'
import type { ServiceSpec } from '../generated/core-v1.js'
import { legacyIp } from '../validation/ip.js'
import { isHeadless } from './service-facts.js'

const families = ['IPv4', 'IPv6'] as const
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'] as const
const ipsPath = 'spec.clusterIPs'
const familiesPath = 'spec.ipFamilies'

function* validateLinkedFields({ clusterIP = '', clusterIPs = [] }: ServiceSpec): Generator<FieldError> {
  if (!clusterIP) {
    if (clusterIPs.length) yield invalid(ipsPath, clusterIPs, 'must be empty when `clusterIP` is not specified')
  } else if (!clusterIPs.length) yield required(ipsPath)
  else if (clusterIPs[0] !== clusterIP) yield invalid(ipsPath, clusterIPs, 'first value must match `clusterIP`')
}

function* validateFamilies({ ipFamilies = [], ipFamilyPolicy }: ServiceSpec): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, family] of ipFamilies.entries()) {
    if (!families.includes(family as never)) yield notSupported(`${familiesPath}[${i}]`, family, families)
    if (seen.has(family)) yield duplicate(`${familiesPath}[${i}]`, family)
    seen.add(family)
  }
  if (ipFamilyPolicy !== undefined && !familyPolicies.includes(ipFamilyPolicy as never))
    yield notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, familyPolicies)
}

function* validateEachIp(clusterIPs: readonly string[], old: readonly string[] | undefined): Generator<FieldError> {
  for (const [i, ip] of clusterIPs.entries()) {
    if (i === 0 && ip === 'None') {
      if (clusterIPs.length > 1) yield invalid(ipsPath, clusterIPs, "'None' must be the first and only value")
    } else if (!old?.includes(ip)) yield* legacyIp(ip, `${ipsPath}[${i}]`)
  }
}

function* validateMatchingFamilies({ clusterIPs = [], ipFamilies = [] }: ServiceSpec): Generator<FieldError> {
  for (const [i, family] of ipFamilies.slice(0, clusterIPs.length).entries()) {
    const ip = clusterIPs[i] as string
    const isSix = ipFamilyOf(ip) === 6
    if ((family === 'IPv4' && isSix) || (family === 'IPv6' && !isSix))
      yield invalid(`${ipsPath}[${i}]`, ip, `expected an ${family} value as indicated by \`ipFamilies[${i}]\``)
  }
}

/** Not for ExternalName. Addresses that are stored already are not checked again. */
export function* validateClusterIps(spec: ServiceSpec, old: ServiceSpec | undefined): Generator<FieldError> {
  if (spec.type === 'ExternalName') return
  const { clusterIPs = [] } = spec
  yield* validateLinkedFields(spec)
  yield* validateFamilies(spec)
  const errors = [...validateEachIp(clusterIPs, old?.clusterIPs)]
  yield* errors
  if (clusterIPs.length > 2) yield invalid(ipsPath, clusterIPs, 'may only hold up to 2 values')
  if (errors.length) return
  const isDualStack = new Set(clusterIPs.map(ipFamilyOf)).size > 1
  if (clusterIPs.length > 1 && !isDualStack)
    yield invalid(ipsPath, clusterIPs, 'may specify no more than one IP for each IP family')
  if (!isHeadless(spec)) yield* validateMatchingFamilies(spec)
}

const mayNotChange = 'may not change once set'

function* validateReleased(
  spec: ServiceSpec,
  old: ServiceSpec,
  { list, word }: { list: 'clusterIPs' | 'ipFamilies'; word: 'clusterIP' | 'ipFamily' },
): Generator<FieldError> {
  const now = spec[list] ?? []
  // Upstream looks at the cluster IPs in both cases.
  if (!spec.clusterIPs?.length)
    yield invalid(`spec.${list}[0]`, now.length ? now : null, `primary ${word} can not be unset`)
  if (now.length && now[0] !== old[list]?.[0]) yield invalid(`spec.${list}[0]`, spec.clusterIPs ?? null, mayNotChange)
  if (now.length === 1 && spec.ipFamilyPolicy !== 'SingleStack')
    yield invalid(
      'spec.ipFamilyPolicy',
      spec.ipFamilyPolicy ?? null,
      `must be set to 'SingleStack' when releasing the secondary ${word}`,
    )
}

function* validateClusterIpChange(spec: ServiceSpec, old: ServiceSpec): Generator<FieldError> {
  const [now, before] = [spec.clusterIPs ?? [], old.clusterIPs ?? []]
  if (now.length < before.length) yield* validateReleased(spec, old, { list: 'clusterIPs', word: 'clusterIP' })
  else if (now.length > before.length) {
    if (before.length && now[0] !== before[0]) yield invalid(`${ipsPath}[0]`, now, mayNotChange)
  } else for (const [i, ip] of before.entries()) if (ip !== now[i]) yield invalid(`${ipsPath}[${i}]`, now, mayNotChange)
}

function* validateFamilyChange(spec: ServiceSpec, old: ServiceSpec): Generator<FieldError> {
  const [now, before] = [spec.ipFamilies ?? [], old.ipFamilies ?? []]
  if (now.length < before.length) yield* validateReleased(spec, old, { list: 'ipFamilies', word: 'ipFamily' })
  else if (now.length > before.length) {
    if (before.length && now[0] !== before[0])
      yield invalid(`${familiesPath}[0]`, spec.clusterIPs ?? null, mayNotChange)
  } else
    for (const [i, family] of before.entries())
      if (family !== now[i]) yield invalid(`${familiesPath}[0]`, now, mayNotChange)
}

/** The secondary address may come and go, the primary stays, unless the service is or was an ExternalName. */
export function* validateClusterIpsUpdate(spec: ServiceSpec, old: ServiceSpec): Generator<FieldError> {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return
  const [headless, wasHeadless] = [isHeadless(spec), isHeadless(old)]
  if (!(headless && wasHeadless)) yield* validateClusterIpChange(spec, old)
  if (!headless && !wasHeadless) yield* validateFamilyChange(spec, old)
}
