/** The conditions of a namespace being deleted, in upstream's words. Pure. */
import type { NamespaceCondition, Pod } from '../../apis/generated/core-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { isPodTerminal } from '../pods/state.js'
import { findCondition } from '../runtime/conditions.js'

/** What was found and done in one pass over the content. */
export interface DeletionOutcome {
  discoveryError?: Error
  deletionErrors: Error[]
  /** How many objects of `<plural>.<group>` are left. */
  remaining: Map<string, number>
  /** How many objects each finalizer keeps. */
  finalizers: Map<string, number>
}

type ConditionText = Pick<NamespaceCondition, 'type' | 'status' | 'reason' | 'message'>

const fine = (type: string, reason: string, message: string): ConditionText => ({
  type,
  status: 'False',
  reason,
  message,
})
const bad = (type: string, reason: string, message: string): ConditionText => ({
  type,
  status: 'True',
  reason,
  message,
})

const counts = (map: Map<string, number>, words: (name: string, count: number) => string) =>
  [...map]
    .map(([name, count]) => words(name, count))
    .sort()
    .join(', ')

function texts({ discoveryError, deletionErrors, remaining, finalizers }: DeletionOutcome): ConditionText[] {
  const failures = deletionErrors.map(e => e.message).sort()
  return [
    discoveryError
      ? bad('NamespaceDeletionDiscoveryFailure', 'DiscoveryFailed', discoveryError.message)
      : fine('NamespaceDeletionDiscoveryFailure', 'ResourcesDiscovered', 'All resources successfully discovered'),
    fine(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    failures.length > 0
      ? bad(
          'NamespaceDeletionContentFailure',
          'ContentDeletionFailed',
          `Failed to delete all resource types, ${failures.length} remaining: ${failures.join(', ')}`,
        )
      : fine(
          'NamespaceDeletionContentFailure',
          'ContentDeleted',
          'All content successfully deleted, may be waiting on finalization',
        ),
    remaining.size > 0
      ? bad(
          'NamespaceContentRemaining',
          'SomeResourcesRemain',
          `Some resources are remaining: ${counts(remaining, (name, n) => `${name} has ${n} resource instances`)}`,
        )
      : fine('NamespaceContentRemaining', 'ContentRemoved', 'All content successfully removed'),
    finalizers.size > 0
      ? bad(
          'NamespaceFinalizersRemaining',
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${counts(finalizers, (name, n) => `${name} in ${n} resource instances`)}`,
        )
      : fine('NamespaceFinalizersRemaining', 'ContentHasNoFinalizers', 'All content-preserving finalizers finished'),
  ]
}

/** Present conditions with the news worked in; others are kept. */
export function planConditions(
  present: readonly NamespaceCondition[] | undefined,
  outcome: DeletionOutcome,
  now: number,
): NamespaceCondition[] {
  const at = formatTime(now)
  const result = [...(present ?? [])]
  for (const text of texts(outcome)) {
    const old = findCondition(result, text.type)
    const lastTransitionTime = old?.status === text.status ? old.lastTransitionTime : at
    if (old) result[result.indexOf(old)] = { ...old, ...text, lastTransitionTime }
    else result.push({ ...text, lastTransitionTime })
  }
  return result
}

/** Seconds that pods may still take to end; 0 once that long has passed since the namespace was deleted. */
export function estimateGrace(pods: readonly Pod[], deletedAt: number, now: number): number {
  const longest = Math.max(
    0,
    ...pods.filter(p => !isPodTerminal(p)).map(p => Number(p.spec.terminationGracePeriodSeconds ?? 0)),
  )
  return now - deletedAt >= longest * 1000 ? 0 : longest
}
