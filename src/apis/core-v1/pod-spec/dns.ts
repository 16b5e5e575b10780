/** Checks of a pod's names: dnsPolicy, dnsConfig, hostname, subdomain, hostAliases. */
import { type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../../machinery/field-error.js'
import { isValidIpForLegacyField } from '../../../machinery/ip.js'
import type { HostAlias, PodDNSConfig, PodSpec } from '../../generated/core-v1.js'
import { isDns1123SubdomainWithUnderscore } from '../../validation/dns-search.js'
import { formatErrors, validateDnsLabel, validateDnsSubdomain } from '../../validation/text.js'

const maxNameservers = 3
const maxSearchPaths = 32
const maxSearchCharacters = 2048
const maxHostnameLength = 64

/** In upstream's order. */
const policies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'] as const

function* validateSearches(searches: readonly string[], path: string): Generator<FieldError> {
  if (searches.length > maxSearchPaths)
    yield invalid(path, searches, `must not have more than ${maxSearchPaths} search paths`)
  if (searches.join(' ').length > maxSearchCharacters)
    yield invalid(
      path,
      searches,
      `must not have more than ${maxSearchCharacters} characters (including spaces) in the search list`,
    )
  for (const [i, search] of searches.entries())
    if (search !== '.')
      yield* formatErrors(isDns1123SubdomainWithUnderscore, search.replace(/\.$/, ''), `${path}[${i}]`)
}

function* validateConfig(
  { nameservers = [], searches = [], options = [] }: PodDNSConfig,
  path: string,
): Generator<FieldError> {
  if (nameservers.length > maxNameservers)
    yield invalid(`${path}.nameservers`, nameservers, `must not have more than ${maxNameservers} nameservers`)
  for (const [i, server] of nameservers.entries())
    yield* formatErrors(isValidIpForLegacyField, server, `${path}.nameservers[${i}]`)
  yield* validateSearches(searches, `${path}.searches`)
  for (const [i, { name }] of options.entries()) if (!name) yield required(`${path}.options[${i}]`, 'must not be empty')
}

/** spec.dnsPolicy. */
export function* validateDnsPolicy(policy: string | undefined, path: string): Generator<FieldError> {
  if (!policy) yield required(path)
  else if (!policies.includes(policy as never)) yield notSupported(path, policy, policies)
}

/** spec.dnsConfig; the policy None demands one with a nameserver. */
export function* validateDnsConfig({ dnsPolicy, dnsConfig }: PodSpec, path: string): Generator<FieldError> {
  if (dnsPolicy === 'None') {
    if (!dnsConfig) return yield required(path, 'must provide `dnsConfig` when `dnsPolicy` is None')
    if (!dnsConfig.nameservers?.length)
      return yield required(`${path}.nameservers`, 'must provide at least one DNS nameserver when `dnsPolicy` is None')
  }
  if (dnsConfig) yield* validateConfig(dnsConfig, path)
}

/** spec.hostAliases. */
export function* validateHostAliases(aliases: readonly HostAlias[] | undefined, path: string): Generator<FieldError> {
  for (const [i, { ip = '', hostnames = [] }] of (aliases ?? []).entries()) {
    yield* formatErrors(isValidIpForLegacyField, ip, `${path}[${i}].ip`)
    for (const [j, name] of hostnames.entries()) yield* validateDnsSubdomain(name, `${path}[${i}].hostnames[${j}]`)
  }
}

/** spec.hostnameOverride. */
export function* validateHostnameOverride(spec: PodSpec, path: string): Generator<FieldError> {
  const { hostnameOverride: name } = spec
  if (name === undefined) return
  const at = `${path}.hostnameOverride`
  if (spec.setHostnameAsFQDN) yield forbidden(at, 'may not be specified when setHostnameAsFQDN is true')
  if (spec.hostNetwork) yield forbidden(at, 'may not be specified when hostNetwork is true')
  if (name.length > maxHostnameLength) yield tooLong(at, maxHostnameLength)
  yield* validateDnsSubdomain(name, at)
}

/** spec.hostname and spec.subdomain. */
export function* validateHostname({ hostname, subdomain }: PodSpec, path: string): Generator<FieldError> {
  if (hostname) yield* validateDnsLabel(hostname, `${path}.hostname`)
  if (subdomain) yield* validateDnsLabel(subdomain, `${path}.subdomain`)
}
