/** Checks of pod affinity and anti-affinity. */
import { type FieldError, invalid, required } from '../../../machinery/field-error.js'
import { nameIsDnsLabel } from '../../../machinery/name-rules.js'
import { validateLabelName, validateLabelSelector } from '../../../machinery/selector/index.js'
import type { Affinity, PodAffinity, PodAffinityTerm } from '../../generated/core-v1.js'
import { formatErrors } from '../../validation/text.js'
import { validateMatchLabelKeys } from './label-keys.js'
import { validateNodeAffinity } from './node-affinity.js'

function* validateTerm(term: PodAffinityTerm, path: string): Generator<FieldError> {
  yield* validateLabelSelector(term.labelSelector, `${path}.labelSelector`)
  yield* validateLabelSelector(term.namespaceSelector, `${path}.namespaceSelector`)
  for (const name of term.namespaces ?? [])
    yield* formatErrors(value => nameIsDnsLabel(value, false), name, `${path}.namespace`)
  yield* validateMatchLabelKeys(term, path)
  const { topologyKey = '' } = term
  if (!topologyKey) yield required(`${path}.topologyKey`, 'can not be empty')
  yield* validateLabelName(topologyKey, `${path}.topologyKey`)
}

/** Pod affinity and anti-affinity have the same shape. */
function* validatePodTerms(affinity: PodAffinity, path: string): Generator<FieldError> {
  const must = affinity.requiredDuringSchedulingIgnoredDuringExecution ?? []
  for (const [i, term] of must.entries())
    yield* validateTerm(term, `${path}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`)
  const wish = affinity.preferredDuringSchedulingIgnoredDuringExecution ?? []
  for (const [i, { weight, podAffinityTerm }] of wish.entries()) {
    const at = `${path}.preferredDuringSchedulingIgnoredDuringExecution[${i}]`
    if (!(weight > 0 && weight <= 100)) yield invalid(`${at}.weight`, weight ?? 0, 'must be in the range 1-100')
    yield* validateTerm(podAffinityTerm, `${at}.podAffinityTerm`)
  }
}

/** spec.affinity. */
export function* validateAffinity(affinity: Affinity | undefined, path: string): Generator<FieldError> {
  if (affinity?.nodeAffinity) yield* validateNodeAffinity(affinity.nodeAffinity, `${path}.nodeAffinity`)
  if (affinity?.podAffinity) yield* validatePodTerms(affinity.podAffinity, `${path}.podAffinity`)
  if (affinity?.podAntiAffinity) yield* validatePodTerms(affinity.podAntiAffinity, `${path}.podAntiAffinity`)
}
