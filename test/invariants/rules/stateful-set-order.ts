/**
 * An OrderedReady StatefulSet makes an ordinal when all before it are ready, and removes the highest first. Who removes pods is not seen:
 * evictions, taints and preemption say so on the pod and are excused; users who delete a pod that is being scaled away are not.
 */
import { getCondition, isConditionTrue, isPodReady } from '../../../src/apis/core-v1/pod-status.js'
import { type Invariant, isOf } from '../invariant.js'
import { type ClusterModel, controllerOf, nameOf } from '../model.js'
import type { Pod, StatefulSet } from '../objects.js'

const ordinalOf = ({ metadata }: Pod) => Number(metadata.name?.split('-').at(-1))

const startOf = ({ spec }: StatefulSet) => spec?.ordinals?.start ?? 0
const endOf = (set: StatefulSet) => startOf(set) + (set.spec?.replicas ?? 1)

const isReady = (pod: Pod | undefined) =>
  pod !== undefined && !pod.metadata.deletionTimestamp && pod.status?.phase === 'Running' && isPodReady(pod)

/** The first ordinal below which no cache shows a ready pod. */
function firstUnready(owner: string, [start, end]: readonly [number, number], model: ClusterModel): number | undefined {
  const followed = model
    .followed('Pod')
    .map(pod => pod.views().filter(view => view && controllerOf(view)?.uid === owner))
  for (let ordinal = start; ordinal < end; ordinal++)
    if (!followed.some(views => views.some(view => view && ordinalOf(view) === ordinal && isReady(view))))
      return ordinal
  return undefined
}

function madeTooEarly(pod: Pod, sets: readonly StatefulSet[], model: ClusterModel): string | undefined {
  const ordinal = ordinalOf(pod)
  const missing = sets.map(set => firstUnready(set.metadata.uid ?? '', [startOf(set), ordinal], model))
  // Above the end there is nothing to make in order; below it all before must be ready.
  if (missing.every(found => found !== undefined))
    return `${nameOf(pod)} was made before ordinal ${missing[0]} was ready`
  return undefined
}

function goesTooEarly(pod: Pod, sets: readonly StatefulSet[], model: ClusterModel): string | undefined {
  const isDisrupted = getCondition(pod.status, 'DisruptionTarget')?.status === 'True'
  if (isDisrupted || !sets.every(set => ordinalOf(pod) >= endOf(set))) return undefined
  const owner = controllerOf(pod)?.uid
  // One that a late cache does not show yet cannot go first.
  const seen = model.followed('Pod').flatMap(entry => (entry.views().every(Boolean) ? (entry.current ?? []) : []))
  const higher = seen.filter(other => controllerOf(other)?.uid === owner && ordinalOf(other) > ordinalOf(pod))
  return higher.length ? `${nameOf(pod)} goes before ${higher.map(nameOf).join(', ')}` : undefined
}

export const statefulSetOrder: Invariant = {
  name: 'stateful-set-order',
  claim:
    'an ordered StatefulSet makes pods from the first on, each when those before are ready, and removes them from the last on',
  *afterChange(change, model) {
    if (!isOf(change, 'Pod') || !change.current) return
    const { previous, current } = change
    const owner = controllerOf(current)
    if (owner?.kind !== 'StatefulSet') return
    const sets = model.views('StatefulSet', owner.uid)
    if (!sets.length || sets.some(({ spec }) => spec?.podManagementPolicy === 'Parallel')) return
    const isNew = previous === undefined && !isConditionTrue(current.status, 'Ready')
    const isGoing = Boolean(previous && !previous.metadata.deletionTimestamp && current.metadata.deletionTimestamp)
    const isOwnerGoing = sets.some(({ metadata }) => metadata.deletionTimestamp)
    const wrong = isNew
      ? madeTooEarly(current, sets, model)
      : isGoing && !isOwnerGoing && goesTooEarly(current, sets, model)
    if (wrong) yield wrong
  },
}
