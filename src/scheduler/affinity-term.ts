/** Terms of pod affinity made ready to match. */

import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../apis/generated/core-v1.js'
import type { LabelSelector } from '../apis/generated/meta-v1.js'
import { type LabelMatcher, labelSelectorFrom, matchesLabels, nothing } from '../machinery/selector/index.js'

export interface AffinityTerm {
  topologyKey: string
  namespaces: ReadonlySet<string>
  /** Selects further namespaces by their labels; absent when the term has no such selector. */
  namespaceSelector: LabelMatcher | undefined
  selector: LabelMatcher
}

export interface WeightedAffinityTerm extends AffinityTerm {
  weight: number
}

/** Labels of a namespace; undefined where it is not known. */
export type NamespaceLabels = (namespace: string) => Readonly<Record<string, string>> | undefined

/** The API server does not refuse every bad selector; such a term matches nothing. */
function matcherOf(selector: LabelSelector | undefined): LabelMatcher {
  try {
    return labelSelectorFrom(selector)
  } catch {
    return nothing
  }
}

function newTerm(term: PodAffinityTerm, podNamespace: string): AffinityTerm {
  const { topologyKey, namespaces = [], namespaceSelector, labelSelector } = term
  const own = !namespaces.length && !namespaceSelector
  return {
    topologyKey,
    namespaces: new Set(own ? [podNamespace] : namespaces),
    namespaceSelector: namespaceSelector && matcherOf(namespaceSelector),
    selector: matcherOf(labelSelector),
  }
}

export const newTerms = (terms: readonly PodAffinityTerm[] | undefined, { metadata }: Pod): AffinityTerm[] =>
  (terms ?? []).map(term => newTerm(term, metadata.namespace ?? ''))

export const newWeightedTerms = (
  terms: readonly WeightedPodAffinityTerm[] | undefined,
  { metadata }: Pod,
): WeightedAffinityTerm[] =>
  (terms ?? []).map(({ weight, podAffinityTerm }) => ({
    ...newTerm(podAffinityTerm, metadata.namespace ?? ''),
    weight,
  }))

/** True when the term speaks of this pod. */
export function termMatches(term: AffinityTerm, { metadata }: Pod, labelsOf: NamespaceLabels): boolean {
  const namespace = metadata.namespace ?? ''
  const inside =
    term.namespaces.has(namespace) ||
    (term.namespaceSelector !== undefined && matchesLabels(term.namespaceSelector, labelsOf(namespace) ?? {}))
  return inside && matchesLabels(term.selector, metadata.labels)
}
