/** matchLabelKeys and mismatchLabelKeys: their checks, and how they are merged into the label selector at creation. */
import { type FieldError, forbidden, invalid } from '../../../machinery/field-error.js'
import { validateLabelName } from '../../../machinery/selector/index.js'
import type { Pod } from '../../generated/core-v1.js'
import type { LabelSelector } from '../../generated/meta-v1.js'

interface LabelKeys {
  labelSelector?: LabelSelector
  matchLabelKeys?: string[]
  mismatchLabelKeys?: string[]
}

function* validateKeys(
  keys: readonly string[],
  selector: LabelSelector | undefined,
  path: string,
): Generator<FieldError> {
  if (!keys.length) return
  if (!selector) return yield forbidden(path, 'must not be specified when labelSelector is not set')
  for (const [i, key] of keys.entries()) yield* validateLabelName(key, `${path}[${i}]`)
}

/** A key that the selector held before the merge stands in it twice now. */
function* validateNotInSelector(
  { labelSelector, matchLabelKeys = [] }: LabelKeys,
  path: string,
): Generator<FieldError> {
  if (!labelSelector) return
  const seen = new Set(Object.keys(labelSelector.matchLabels ?? {}))
  for (const { key } of labelSelector.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key)
    if (index >= 0 && seen.has(key))
      yield invalid(`${path}[${index}]`, key, 'exists in both matchLabelKeys and labelSelector')
    seen.add(key)
  }
}

/** Of a pod affinity term or a topology spread constraint at `path`. */
export function* validateMatchLabelKeys(term: LabelKeys, path: string): Generator<FieldError> {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  yield* validateKeys(matchLabelKeys, labelSelector, `${path}.matchLabelKeys`)
  yield* validateKeys(mismatchLabelKeys, labelSelector, `${path}.mismatchLabelKeys`)
  yield* validateNotInSelector(term, path)
  for (const [i, key] of matchLabelKeys.entries())
    if (mismatchLabelKeys.includes(key))
      yield invalid(`${path}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys')
}

function mergeLabelKeys(term: LabelKeys, labels: Readonly<Record<string, string>>): void {
  const { labelSelector, matchLabelKeys = [], mismatchLabelKeys = [] } = term
  // An absent selector matches nothing, so there is nothing to narrow.
  if (!labelSelector) return
  const add = (operator: string) => (key: string) => {
    const value = labels[key]
    if (value === undefined) return
    labelSelector.matchExpressions ??= []
    labelSelector.matchExpressions.push({ key, operator, values: [value] })
  }
  matchLabelKeys.forEach(add('In'))
  mismatchLabelKeys.forEach(add('NotIn'))
}

/** At creation the pod's own label values become part of its affinity and spread selectors. */
export function mergeLabelKeysOfPod({ metadata, spec }: Pod): void {
  const labels = metadata.labels ?? {}
  for (const affinity of [spec.affinity?.podAffinity, spec.affinity?.podAntiAffinity]) {
    for (const { podAffinityTerm } of affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
      mergeLabelKeys(podAffinityTerm, labels)
    for (const term of affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) mergeLabelKeys(term, labels)
  }
  for (const constraint of spec.topologySpreadConstraints ?? []) mergeLabelKeys(constraint, labels)
}
