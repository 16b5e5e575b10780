/** Checks of a pod spec, in a pod or in a template: upstream's ValidatePodSpec, in its order. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../../machinery/field-error.js'
import { isInRange } from '../../../machinery/name-rules.js'
import { isDns1123Subdomain } from '../../../machinery/names.js'
import { validateLabels } from '../../../machinery/selector/index.js'
import type { PodSpec, Volume } from '../../generated/core-v1.js'
import { formatErrors, validateQualifiedName } from '../../validation/text.js'
import { validateAffinity } from './affinity.js'
import { validateContainers } from './containers.js'
import { type PodContext, type PodSpecOptions, podContextOf } from './context.js'
import {
  validateDnsConfig,
  validateDnsPolicy,
  validateHostAliases,
  validateHostname,
  validateHostnameOverride,
} from './dns.js'
import { validateEphemeralContainers } from './ephemeral-containers.js'
import { validateInitContainers } from './init-containers.js'
import { validatePodLevelResources } from './pod-level-resources.js'
import { validatePodResourceClaims } from './resource-claims.js'
import { validateContainerResources } from './resources.js'
import { validateOs } from './security/os.js'
import { validateHostUsers, validatePodSecurityContext } from './security/pod-security.js'
import { validateHostProcess } from './security/windows.js'
import { validateTolerations } from './tolerations.js'
import { validateTopologySpread } from './topology-spread.js'
import { validateFileKeyVolumes } from './volumes/file-keys.js'
import { validateVolumes } from './volumes/validate.js'

/** In upstream's order. */
const restartPolicies = ['Always', 'OnFailure', 'Never'] as const
const preemptionPolicies = ['PreemptLowerPriority', 'Never'] as const
const maxInt32 = 2 ** 31 - 1

function* oneOf(value: string | undefined, allowed: readonly string[], path: string): Generator<FieldError> {
  if (!value) yield required(path)
  else if (!allowed.includes(value)) yield notSupported(path, value, allowed)
}

/** Host ports of a pod in the host's network are its container ports; a template may leave them out. */
function* validateHostNetworkPorts(spec: PodSpec, isPod: boolean, path: string): Generator<FieldError> {
  for (const [c, { ports = [] }] of (spec.containers ?? []).entries())
    for (const [p, { hostPort = 0, containerPort }] of ports.entries())
      if ((isPod || hostPort) && hostPort !== containerPort)
        yield invalid(
          `${path}.containers[${c}].ports[${p}].hostPort`,
          hostPort,
          'must match `containerPort` when `hostNetwork` is true',
        )
}

function* validateGates({ readinessGates = [], schedulingGates = [] }: PodSpec, path: string): Generator<FieldError> {
  for (const [i, { conditionType = '' }] of readinessGates.entries())
    yield* validateQualifiedName(conditionType, `${path}.readinessGates[${i}].conditionType`)
  const seen = new Set<string>()
  for (const [i, { name = '' }] of schedulingGates.entries()) {
    const at = `${path}.schedulingGates[${i}]`
    yield* validateQualifiedName(name, at)
    if (seen.has(name)) yield duplicate(at, name)
    seen.add(name)
  }
}

function* validateReferences(spec: PodSpec, path: string): Generator<FieldError> {
  for (const field of ['serviceAccountName', 'nodeName'] as const)
    if (spec[field]) yield* formatErrors(isDns1123Subdomain, spec[field], `${path}.${field}`)
}

function* validateDeadline(seconds: number, path: string): Generator<FieldError> {
  for (const message of isInRange(seconds, 1, maxInt32)) yield invalid(path, seconds, message)
}

function* validateClasses(spec: PodSpec, path: string): Generator<FieldError> {
  if (spec.priorityClassName)
    yield* formatErrors(isDns1123Subdomain, spec.priorityClassName, `${path}.priorityClassName`)
  if (spec.runtimeClassName !== undefined)
    yield* formatErrors(isDns1123Subdomain, spec.runtimeClassName, `${path}.runtimeClassName`)
  if (spec.preemptionPolicy !== undefined)
    yield* oneOf(spec.preemptionPolicy, preemptionPolicies, `${path}.preemptionPolicy`)
  if (spec.overhead) yield* validateContainerResources({ limits: spec.overhead }, new Set(), `${path}.overhead`)
}

function* validateAllContainers(spec: PodSpec, context: PodContext, path: string): Generator<FieldError> {
  if (spec.resourceClaims)
    yield* validatePodResourceClaims(spec.resourceClaims, context.isStatic ?? false, `${path}.resourceClaims`)
  yield* validateContainers(spec.containers, context, `${path}.containers`)
  if (spec.initContainers) yield* validateInitContainers(spec, context, `${path}.initContainers`)
  if (spec.ephemeralContainers) yield* validateEphemeralContainers(spec, context, `${path}.ephemeralContainers`)
  if (spec.resources) yield* validatePodLevelResources(spec, context.claimNames, `${path}.resources`)
}

function* validateScheduling(spec: PodSpec, path: string): Generator<FieldError> {
  if (spec.affinity) yield* validateAffinity(spec.affinity, `${path}.affinity`)
  yield* validateDnsConfig(spec, `${path}.dnsConfig`)
  if (spec.readinessGates || spec.schedulingGates) yield* validateGates(spec, path)
  if (spec.topologySpreadConstraints)
    yield* validateTopologySpread(spec.topologySpreadConstraints, `${path}.topologySpreadConstraints`)
}

/** Yields every error of the spec; defaults have been set. */
export function* validatePodSpec(spec: PodSpec, path: string, options: PodSpecOptions = {}): Generator<FieldError> {
  if (spec.terminationGracePeriodSeconds === undefined) yield required(`${path}.terminationGracePeriodSeconds`)
  const valid = new Map<string, Volume>()
  yield* validateVolumes(spec.volumes, { ...options, valid }, `${path}.volumes`)
  yield* validateAllContainers(spec, podContextOf(spec, valid, options), path)
  if (spec.hostNetwork) yield* validateHostNetworkPorts(spec, options.isPod ?? false, path)
  yield* oneOf(spec.restartPolicy, restartPolicies, `${path}.restartPolicy`)
  yield* validateDnsPolicy(spec.dnsPolicy, `${path}.dnsPolicy`)
  if (spec.nodeSelector) yield* validateLabels(spec.nodeSelector, `${path}.nodeSelector`)
  if (spec.securityContext) yield* validatePodSecurityContext(spec.securityContext, spec, `${path}.securityContext`)
  yield* validateScheduling(spec, path)
  yield* validateHostProcess(spec, path)
  yield* validateHostUsers(spec, path)
  yield* validateHostnameOverride(spec, path)
  yield* validateReferences(spec, path)
  if (spec.activeDeadlineSeconds !== undefined)
    yield* validateDeadline(spec.activeDeadlineSeconds, `${path}.activeDeadlineSeconds`)
  yield* validateHostname(spec, path)
  yield* validateTolerations(spec.tolerations, `${path}.tolerations`)
  if (spec.hostAliases) yield* validateHostAliases(spec.hostAliases, `${path}.hostAliases`)
  yield* validateClasses(spec, path)
  if (spec.os) yield* validateOs(spec, path)
  yield* validateFileKeyVolumes(spec, path)
}
