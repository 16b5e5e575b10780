/** Warnings about pod specs, for the client's eyes: what is deprecated, ignored or likely a mistake. Upstream's words. */

import type { ObjectMeta } from '../../../machinery/object-meta.js'
import { quantityMilliValue } from '../../../machinery/quantity.js'
import type { NodeSelectorTerm, PodAffinity, PodSpec } from '../../generated/core-v1.js'
import { ipWarnings } from '../../validation/ip.js'
import { appArmorAnnotationPrefix, seccompContainerAnnotationPrefix, seccompPodAnnotation } from './annotations.js'
import { containerWarnings } from './container-warnings.js'
import { nodeLabelDeprecation, nodeSelectorTermWarnings } from './node-label-warnings.js'
import { portWarnings } from './port-warnings.js'
import { visitContainers } from './visit-containers.js'
import { volumeWarnings } from './volumes/warnings.js'

interface Template {
  metadata?: ObjectMeta
  spec: PodSpec
}

/** `spec.template` + `spec` gives `spec.template.spec`; a pod itself has no prefix. */
const join = (path: string, field: string) => (path ? `${path}.${field}` : field)

const nonFunctionalAnnotations: Readonly<Record<string, string>> = {
  'scheduler.alpha.kubernetes.io/critical-pod': 'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
  'security.alpha.kubernetes.io/unsafe-sysctls': 'non-functional in v1.11+; use the "sysctls" field instead',
}

function* nodeLabelWarnings({ nodeSelector, affinity }: PodSpec, path: string): Generator<string> {
  for (const key in nodeSelector) {
    const message = nodeLabelDeprecation(key)
    if (message) yield `${path}.nodeSelector[${key}]: ${message}`
  }
  const node = affinity?.nodeAffinity
  const terms: NodeSelectorTerm[] = node?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const at = `${path}.affinity.nodeAffinity`
  for (const [i, term] of terms.entries())
    yield* nodeSelectorTermWarnings(
      term,
      `${at}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[${i}]`,
      { checkValues: false },
    )
  for (const [i, { preference }] of (node?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    yield* nodeSelectorTermWarnings(
      preference,
      `${at}.preferredDuringSchedulingIgnoredDuringExecution[${i}].preference`,
      { checkValues: true },
    )
}

const matchesNothing = 'a null labelSelector results in matching no pod'

function* spreadWarnings({ topologySpreadConstraints = [] }: PodSpec, path: string): Generator<string> {
  for (const [i, { topologyKey, labelSelector }] of topologySpreadConstraints.entries()) {
    const at = `${path}.topologySpreadConstraints[${i}]`
    const message = nodeLabelDeprecation(topologyKey)
    if (message) yield `${at}.topologyKey: ${topologyKey} is ${message}`
    if (!labelSelector) yield `${at}.labelSelector: ${matchesNothing}`
  }
}

function* podAffinityWarnings(affinity: PodAffinity | undefined, path: string): Generator<string> {
  for (const [i, term] of (affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (!term.labelSelector)
      yield `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}].labelSelector: ${matchesNothing}`
  for (const [i, term] of (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).entries())
    if (!term.podAffinityTerm.labelSelector)
      yield `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm.labelSelector: ${matchesNothing}`
}

function* duplicateWarnings({ hostAliases = [], imagePullSecrets = [] }: PodSpec, path: string): Generator<string> {
  const ips = new Set<string>()
  for (const [i, { ip }] of hostAliases.entries()) {
    if (ips.has(ip)) yield `${path}.hostAliases[${i}].ip: duplicate ip ${JSON.stringify(ip)}`
    ips.add(ip)
  }
  const names = new Set<string>()
  for (const [i, { name = '' }] of imagePullSecrets.entries()) {
    if (names.has(name)) yield `${path}.imagePullSecrets[${i}].name: duplicate name ${JSON.stringify(name)}`
    names.add(name)
  }
  for (const [i, { name }] of imagePullSecrets.entries())
    if (!name) yield `${path}.imagePullSecrets[${i}].name: invalid empty name ""`
}

function* overheadWarnings({ overhead = {} }: PodSpec, path: string): Generator<string> {
  for (const name of ['memory', 'ephemeral-storage']) {
    const quantity = overhead[name]
    if (quantity !== undefined && quantityMilliValue(quantity) % 1000 !== 0)
      yield `${path}.overhead[${name}]: fractional byte value ${JSON.stringify(quantity)} is invalid, must be an integer`
  }
}

function* annotationWarnings({ metadata, spec }: Template, path: string): Generator<string> {
  const { annotations = {} } = metadata ?? {}
  if (!Object.keys(annotations).length) return
  const at = (key: string) => `${join(path, 'metadata.annotations')}[${key}]`
  for (const [key, message] of Object.entries(nonFunctionalAnnotations))
    if (key in annotations) yield `${at(key)}: ${message}`
  const useSeccomp = 'non-functional in v1.27+; use the "seccompProfile" field instead'
  if (!spec.securityContext?.seccompProfile && seccompPodAnnotation in annotations)
    yield `${at(seccompPodAnnotation)}: ${useSeccomp}`
  for (const { container } of visitContainers(spec, '')) {
    const seccomp = seccompContainerAnnotationPrefix + container.name
    if (!container.securityContext?.seccompProfile && seccomp in annotations) yield `${at(seccomp)}: ${useSeccomp}`
    const appArmor = appArmorAnnotationPrefix + container.name
    if (!container.securityContext?.appArmorProfile && appArmor in annotations)
      yield `${at(appArmor)}: deprecated since v1.30; use the "appArmorProfile" field instead`
  }
}

function* addressWarnings({ dnsConfig, hostAliases = [] }: PodSpec, path: string): Generator<string> {
  for (const [i, server] of (dnsConfig?.nameservers ?? []).entries())
    yield* ipWarnings(server, `${path}.dnsConfig.nameservers[${i}]`)
  for (const [i, { ip }] of hostAliases.entries()) yield* ipWarnings(ip, `${path}.hostAliases[${i}].ip`)
}

function* warningsOf(template: Template, path: string): Generator<string> {
  const { spec } = template
  const at = join(path, 'spec')
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (spec.nodeSelector || spec.affinity) yield* nodeLabelWarnings(spec, at)
  if (spec.topologySpreadConstraints) yield* spreadWarnings(spec, at)
  if (template.metadata?.annotations) yield* annotationWarnings(template, path)
  if (spec.volumes) yield* volumeWarnings(spec.volumes, at)
  if (spec.hostAliases || spec.imagePullSecrets) yield* duplicateWarnings(spec, at)
  if (spec.overhead) yield* overheadWarnings(spec, at)
  for (const { container, path: p } of visitContainers(spec, at)) yield* containerWarnings(container, p)
  yield* portWarnings(spec, at)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0)
    yield `${at}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`
  if (podAffinity) yield* podAffinityWarnings(podAffinity, `${at}.affinity.podAffinity`)
  if (podAntiAffinity) yield* podAffinityWarnings(podAntiAffinity, `${at}.affinity.podAntiAffinity`)
  if (spec.dnsConfig || spec.hostAliases) yield* addressWarnings(spec, at)
}

/** `path` is the template's, such as `spec.template`; empty for a pod itself. */
export const podSpecWarnings = (template: Template, path = ''): string[] => [...warningsOf(template, path)]
