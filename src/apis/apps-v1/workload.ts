/** What the kinds that own a pod template ask of selector and template: the shared part of upstream's apps validation. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isDns1123Label } from '../../machinery/names.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import {
  type LabelMatcher,
  type Labels,
  labelSelectorFrom,
  matchesLabels,
  validateLabelSelector,
} from '../../machinery/selector/index.js'
import { validatePodTemplateSpec } from '../core-v1/pod-template.js'
import type { PodTemplateSpec } from '../generated/core-v1.js'
import type { LabelSelector } from '../generated/meta-v1.js'
import { sortedMapIn } from '../validation/sorted-map.js'

const isEmpty = ({ matchLabels, matchExpressions }: LabelSelector): boolean =>
  Object.keys(matchLabels ?? {}).length + (matchExpressions?.length ?? 0) === 0

/** Undefined when the selector is malformed. */
function matcherOf(selector: LabelSelector | undefined): LabelMatcher | undefined {
  try {
    return labelSelectorFrom(selector)
  } catch {
    return undefined
  }
}

/** A template is not looked at whose selector cannot be read. */
export const isReadable = (selector: LabelSelector | undefined): boolean => matcherOf(selector) !== undefined

/** A selector that is there, well-formed and not empty; `kind` completes upstream's sentence. */
export function* validateWorkloadSelector(selector: LabelSelector | undefined, kind: string): Generator<FieldError> {
  if (!selector) {
    yield required('spec.selector')
    return
  }
  yield* validateLabelSelector(selector, 'spec.selector')
  if (isEmpty(selector)) yield invalid('spec.selector', selector, `empty selector is invalid for ${kind}`)
}

/** The selector must match the template's labels; `malformed` is what the kind says of one that cannot be read. */
export function* validateTemplateLabels(
  selector: LabelSelector | undefined,
  template: PodTemplateSpec,
  malformed: string,
): Generator<FieldError> {
  // No selector matches nothing; an empty one is reported as such.
  if (selector && isEmpty(selector)) return
  const labels = template.metadata?.labels
  const matcher = matcherOf(selector)
  if (!matcher) yield invalid('spec.selector', selector, malformed)
  else if (!matchesLabels(matcher, labels))
    yield invalid(
      'spec.template.metadata.labels',
      sortedMapIn(template.metadata, 'labels'),
      '`selector` does not match template `labels`',
    )
}

/** True when the selector can be read and the labels do not match it. */
export function matchesNothingOf(selector: LabelSelector | undefined, labels: Labels): boolean {
  const matcher = matcherOf(selector)
  return matcher !== undefined && !matchesLabels(matcher, labels)
}

/** Pods of a workload restart for ever and have no deadline; `kind` completes upstream's sentence. */
export function* validateTemplateRestarts(template: PodTemplateSpec, kind: string): Generator<FieldError> {
  const { restartPolicy, activeDeadlineSeconds } = template.spec ?? {}
  if (restartPolicy !== 'Always')
    yield notSupported('spec.template.spec.restartPolicy', restartPolicy ?? '', ['Always'])
  if (activeDeadlineSeconds !== undefined)
    yield forbidden('spec.template.spec.activeDeadlineSeconds', `activeDeadlineSeconds in ${kind} is not Supported`)
}

/** Deployment's and ReplicaSet's checks, which share their words. */
export function* validateSelectorAndTemplate(spec: {
  selector?: LabelSelector
  template: PodTemplateSpec
}): Generator<FieldError> {
  yield* validateWorkloadSelector(spec.selector, 'deployment')
  yield* validateTemplateLabels(spec.selector, spec.template, 'invalid label selector')
  if (!isReadable(spec.selector)) return
  yield* validatePodTemplateSpec(spec.template, 'spec.template')
  yield* validateTemplateRestarts(spec.template, 'ReplicaSet')
}

/** The warning for names that are no DNS label though pods are named after them. */
export function hostnameWarnings({ metadata }: KubernetesObject): string[] {
  const messages = isDns1123Label(metadata.name ?? '')
  if (!messages.length) return []
  return [
    `metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [${messages.join(' ')}]`,
  ]
}
