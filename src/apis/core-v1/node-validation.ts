/** Checks of nodes: taints, pod CIDRs, resources, and what may change. */
import { duplicate, type FieldError, forbidden, invalid, required } from '../../machinery/field-error.js'
import { parseCidr } from '../../machinery/ip.js'
import { isConfigMapKey, isDns1123Label, isDns1123Subdomain, isValidLabelValue } from '../../machinery/names.js'
import { validateLabelName } from '../../machinery/selector/index.js'
import type { ConfigMapNodeConfigSource, Node, NodeConfigSource, NodeSpec, Taint } from '../generated/core-v1.js'
import { legacyCidr } from '../validation/ip.js'
import { formatErrors } from '../validation/text.js'
import { internalForm } from './internal-form.js'
import { validateTaintEffect } from './pod-spec/tolerations.js'
import { validateResourceQuantity } from './resource-validation.js'

/** Upstream names them below metadata. */
const taintsPath = 'metadata.taints'

function* validateTaints(taints: readonly Taint[] | undefined): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, taint] of (taints ?? []).entries()) {
    const path = `${taintsPath}[${i}]`
    yield* validateLabelName(taint.key, `${path}.key`)
    const problems = isValidLabelValue(taint.value ?? '')
    if (problems.length) yield invalid(`${path}.value`, taint.value, problems.join(';'))
    yield* validateTaintEffect(taint.effect, `${path}.effect`)
    const key = `${taint.effect}/${taint.key}`
    if (seen.has(key)) {
      const { message, ...error } = duplicate(path, internalForm('Taint', taint))
      yield { ...error, message: `${message}: taints must be unique by key and effect pair` }
    }
    seen.add(key)
  }
}

function* validatePodCidrs({ podCIDRs = [] }: NodeSpec): Generator<FieldError> {
  for (const [i, cidr] of podCIDRs.entries()) yield* legacyCidr(cidr, `spec.podCIDRs[${i}]`)
  if (podCIDRs.length < 2) return
  const families = podCIDRs.map(cidr => parseCidr(cidr)?.ip.family)
  const bad = families.indexOf(undefined)
  if (bad >= 0) {
    const why = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${podCIDRs[bad]})`
    const message = `Internal error: invalid PodCIDRs. failed to check with dual stack with error:${why}`
    yield { type: 'InternalError', field: 'spec.podCIDRs', message }
  }
  if (bad >= 0 || podCIDRs.length > 2 || families[0] === families[1])
    yield invalid('spec.podCIDRs', podCIDRs, 'may specify no more than one CIDR for each IP family')
}

function* validateResources({ status }: Node): Generator<FieldError> {
  for (const list of ['capacity', 'allocatable'] as const)
    for (const [name, quantity] of Object.entries(status?.[list] ?? {}))
      yield* validateResourceQuantity(name, quantity, `status.${list}${name ? `.${name}` : '[]'}`)
}

/** The whole node; a status that comes along must be sound too. */
export function* validateNode(node: Node): Generator<FieldError> {
  yield* validateTaints(node.spec.taints)
  yield* validateResources(node)
  const swap = (node.status?.nodeInfo as { swap?: { capacity?: number } } | undefined)?.swap?.capacity
  if (swap !== undefined && swap <= 0)
    yield invalid('metadata.nodeSwapStatus.capacity', swap, 'must be greater than zero')
  yield* validatePodCidrs(node.spec)
}

function* validateConfigMap(
  source: ConfigMapNodeConfigSource,
  place: 'spec' | 'status',
  path: string,
): Generator<FieldError> {
  for (const field of ['uid', 'resourceVersion'] as const) {
    if (place === 'spec' && source[field]) yield forbidden(`${path}.${field}`, `${field} must not be set in spec`)
    if (place === 'status' && !source[field]) yield required(`${path}.${field}`)
  }
  const checks = { namespace: isDns1123Label, name: isDns1123Subdomain, kubeletConfigKey: isConfigMapKey }
  for (const field of ['namespace', 'name', 'kubeletConfigKey'] as const) {
    if (!source[field]) yield required(`${path}.${field}`)
    else yield* formatErrors(checks[field], source[field], `${path}.${field}`)
  }
}

function* validateConfigSource(
  source: NodeConfigSource | undefined,
  place: 'spec' | 'status',
  path: string,
): Generator<FieldError> {
  if (!source) return
  if (source.configMap) yield* validateConfigMap(source.configMap, place, `${path}.configMap`)
  else yield invalid(path, internalForm('NodeConfigSource', source), 'exactly one reference subfield must be non-nil')
}

function* validateFixedFields(spec: NodeSpec, old: NodeSpec): Generator<FieldError> {
  const cidrsFixed = forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')
  const [cidrs, before] = [spec.podCIDRs ?? [], old.podCIDRs ?? []]
  if (before.length && cidrs.length !== before.length) yield cidrsFixed
  else for (const [i, cidr] of before.entries()) if (cidr !== cidrs[i]) yield cidrsFixed
  if (old.providerID && old.providerID !== spec.providerID)
    yield forbidden('spec.providerID', 'node updates may not change providerID except from "" to valid')
  yield* validateConfigSource(spec.configSource, 'spec', 'spec.configSource')
}

/** What may not change; of the node as well as of its status. */
export function* validateNodeUpdate(node: Node, old: Node): Generator<FieldError> {
  yield* validateResources(node)
  const addresses = new Set<string>()
  for (const [i, address] of (node.status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`
    if (addresses.has(key)) yield duplicate(`status.addresses[${i}]`, internalForm('NodeAddress', address))
    addresses.add(key)
  }
  yield* validateFixedFields(node.spec, old.spec)
  for (const name of ['assigned', 'active', 'lastKnownGood'] as const)
    yield* validateConfigSource(node.status?.config?.[name], 'status', `status.config.${name}`)
  yield* validateTaints(node.spec.taints)
  if ((node.spec.externalID ?? '') !== (old.spec.externalID ?? ''))
    yield forbidden('spec.externalID', 'may not be updated')
}
