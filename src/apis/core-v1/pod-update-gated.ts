/** What may change in a pod that waits behind scheduling gates: its node selector and node affinity may get stricter. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { sharingGivenEmpty } from '../../machinery/schema/given-empty.js'
import type { NodeAffinity, NodeSelectorTerm, PodSpec } from '../generated/core-v1.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { sortedMap } from '../validation/sorted-map.js'
import { internalForm } from './internal-form.js'

function* validateNodeSelector(
  selector: Readonly<Record<string, string>> | undefined,
  old: Readonly<Record<string, string>> | undefined,
): Generator<FieldError> {
  const kept = Object.entries(old ?? {}).every(([key, value]) => selector?.[key] === value)
  if (!kept)
    yield invalid(
      'spec.nodeSelector',
      sortedMap(selector),
      'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    )
}

const startsWith = (list: readonly unknown[] = [], head: readonly unknown[] = []): boolean =>
  list.length >= head.length && semanticEqual(list.slice(0, head.length), head)

function hasOnlyAdditions(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const wasEmpty = !old.matchExpressions?.length && !old.matchFields?.length
  // An empty term matches nothing: an addition would make it match more.
  if (wasEmpty && (term.matchExpressions?.length || term.matchFields?.length)) return false
  return startsWith(term.matchExpressions, old.matchExpressions) && startsWith(term.matchFields, old.matchFields)
}

const printed = (term: NodeSelectorTerm) => internalForm('NodeSelectorTerm', term)

function* validateNodeAffinity(
  affinity: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
): Generator<FieldError> {
  const must = old?.requiredDuringSchedulingIgnoredDuringExecution
  if (!must) return
  const path = 'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms'
  const before = must.nodeSelectorTerms ?? []
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  if (before.length && before.length !== terms.length) {
    yield invalid(
      path,
      terms.length ? terms.map(printed) : null,
      'no additions/deletions to non-empty NodeSelectorTerms list are allowed',
    )
    return
  }
  for (const [i, term] of before.entries())
    if (!hasOnlyAdditions(terms[i] ?? {}, term))
      yield invalid(`${path}[${i}]`, printed(terms[i] ?? {}), 'only additions are allowed (no mutations or deletions)')
}

function restoreNodeAffinity(masked: PodSpec, old: PodSpec): void {
  const { nodeAffinity } = old.affinity ?? {}
  if (!masked.affinity) {
    if (nodeAffinity) masked.affinity = { nodeAffinity }
  } else if (!old.affinity && !masked.affinity.podAffinity && !masked.affinity.podAntiAffinity) delete masked.affinity
  else {
    const { nodeAffinity: _changed, ...others } = masked.affinity
    masked.affinity = sharingGivenEmpty(masked.affinity, { ...others, ...(nodeAffinity && { nodeAffinity }) })
  }
}

/** Yields the errors of such changes, and puts the old values back in `masked`; what stands below it stays as it is. */
export function* maskGatedChanges(masked: PodSpec, old: PodSpec): Generator<FieldError> {
  if (!semanticEqual(masked.nodeSelector ?? {}, old.nodeSelector ?? {})) {
    yield* validateNodeSelector(masked.nodeSelector, old.nodeSelector)
    if (old.nodeSelector) masked.nodeSelector = old.nodeSelector
    else delete masked.nodeSelector
  }
  if (!semanticEqual(masked.affinity?.nodeAffinity, old.affinity?.nodeAffinity)) {
    yield* validateNodeAffinity(masked.affinity?.nodeAffinity, old.affinity?.nodeAffinity)
    restoreNodeAffinity(masked, old)
  }
}
