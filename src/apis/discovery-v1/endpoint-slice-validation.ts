/** Validation of endpoint slices: addresses by family, ports, hints. */
import { duplicate, type FieldError, invalid, notSupported, required, tooMany } from '../../machinery/field-error.js'
import { isValidIp, isValidIpForLegacyField, parseIp } from '../../machinery/ip.js'
import { nameIsDnsSubdomain } from '../../machinery/name-rules.js'
import { isDns1123Label, isDns1123Subdomain, isValidLabelValue } from '../../machinery/names.js'
import { validateLabels } from '../../machinery/selector/index.js'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../generated/discovery-v1.js'
import { ipWarnings, validateEndpointIp } from '../validation/ip.js'
import { formatErrors, validateDnsLabel, validateQualifiedName } from '../validation/text.js'

const maxTopologyLabels = 16
const maxAddresses = 100
const maxPorts = 20_000
const maxEndpoints = 1000
const maxHints = 8
const addressTypes = ['FQDN', 'IPv4', 'IPv6']
const protocols = ['SCTP', 'TCP', 'UDP']

export function* validateAddressType(type: string): Generator<FieldError> {
  if (!type) yield required('addressType')
  else if (!addressTypes.includes(type)) yield notSupported('addressType', type, addressTypes)
}

export function* validatePorts(ports: readonly EndpointPort[]): Generator<FieldError> {
  if (ports.length > maxPorts) {
    yield tooMany('ports', ports.length, maxPorts)
    return
  }
  const names = new Set<string>()
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    const path = `ports[${i}]`
    if (name) yield* validateDnsLabel(name, `${path}.name`)
    if (names.has(name)) yield duplicate(`${path}.name`, name)
    names.add(name)
    if (protocol === undefined) yield required(`${path}.protocol`)
    else if (!protocols.includes(protocol)) yield notSupported(`${path}.protocol`, protocol, protocols)
    if (appProtocol !== undefined) yield* validateQualifiedName(appProtocol, `${path}.appProtocol`)
  }
}

export function* validateEndpoints({ endpoints, addressType }: EndpointSlice): Generator<FieldError> {
  const list = endpoints ?? []
  if (list.length > maxEndpoints) yield tooMany('endpoints', list.length, maxEndpoints)
  else for (const [i, endpoint] of list.entries()) yield* validateEndpoint(endpoint, addressType, `endpoints[${i}]`)
}

function* validateEndpoint(endpoint: Endpoint, addressType: string, path: string): Generator<FieldError> {
  const { nodeName, deprecatedTopology, hostname, hints } = endpoint
  // What was given as empty is stored as null.
  const addresses = endpoint.addresses ?? []
  if (!addresses.length) yield required(`${path}.addresses`, 'must contain at least 1 address')
  else if (addresses.length > maxAddresses) yield tooMany(`${path}.addresses`, addresses.length, maxAddresses)
  for (const [i, address] of addresses.entries())
    yield* validateAddress(address, addressType, { list: `${path}.addresses`, path: `${path}.addresses[${i}]` })
  if (nodeName !== undefined) yield* formatErrors(isNodeName, nodeName, `${path}.nodeName`)
  const topology = Object.keys(deprecatedTopology ?? {}).length
  if (topology > maxTopologyLabels) yield tooMany(`${path}.deprecatedTopology`, topology, maxTopologyLabels)
  yield* validateLabels(deprecatedTopology, `${path}.deprecatedTopology`)
  if (hostname !== undefined) yield* validateDnsLabel(hostname, `${path}.hostname`)
  if (hints) yield* validateHints(hints, `${path}.hints`)
}

const isNodeName = (name: string) => nameIsDnsSubdomain(name, false)

function* validateAddress(
  address: string,
  addressType: string,
  { list, path }: { list: string; path: string },
): Generator<FieldError> {
  if (addressType === 'FQDN') {
    yield* validateDomainName(address, path)
    return
  }
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return
  const messages = addressType === 'IPv4' ? isValidIpForLegacyField(address) : isValidIp(address)
  for (const message of messages) yield invalid(path, address, message)
  if (messages.length) return
  if (`IPv${parseIp(address)?.family}` !== addressType)
    yield invalid(list, address, `must be an ${addressType} address`)
  yield* validateEndpointIp(address, path)
}

function* validateDomainName(address: string, path: string): Generator<FieldError> {
  const name = address.endsWith('.') ? address.slice(0, -1) : address
  const messages = isDns1123Subdomain(name)
  const labels = name.split('.')
  const badLabel = labels.find(label => isDns1123Label(label).length)
  if (!address) yield required(path)
  else if (messages.length) yield invalid(path, name, messages.join(','))
  else if (labels.length < 2)
    yield invalid(path, name, 'should be a domain with at least two segments separated by dots')
  else if (badLabel !== undefined) yield invalid(path, badLabel, isDns1123Label(badLabel).join(','))
}

function* validateHints({ forZones = [], forNodes = [] }: EndpointHints, path: string): Generator<FieldError> {
  yield* validateHintNames(forZones, `${path}.forZones`, isValidLabelValue)
  if (forZones.length <= maxHints) yield* validateHintNames(forNodes, `${path}.forNodes`, isNodeName)
}

function* validateHintNames(
  hints: readonly { name: string }[],
  path: string,
  check: (name: string) => string[],
): Generator<FieldError> {
  if (hints.length > maxHints) {
    yield tooMany(path, hints.length, maxHints)
    return
  }
  const seen = new Set<string>()
  for (const [i, { name }] of hints.entries()) {
    if (seen.has(name)) yield duplicate(`${path}[${i}].name`, name)
    seen.add(name)
    yield* formatErrors(check, name, `${path}[${i}].name`)
  }
}

/** Slices of our own controllers are known to be well spelled, so their addresses are not looked at. */
const ownControllers = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']

export function endpointSliceWarnings(slice: EndpointSlice, old: EndpointSlice | undefined): string[] {
  const warnings: string[] = []
  if (!old && slice.addressType === 'FQDN') warnings.push('spec.addressType: FQDN endpoints are deprecated')
  if (ownControllers.includes(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) return warnings
  for (const [i, { addresses }] of (slice.endpoints ?? []).entries())
    for (const [j, address] of (addresses ?? []).entries())
      warnings.push(...ipWarnings(address, `endpoints[${i}].addresses[${j}]`))
  return warnings
}
