/**
 * A rolling Deployment asks for no more pods than maxSurge allows, and takes none away that it needs to stay above maxUnavailable: rules
 * for what it decides, the replicas of its ReplicaSets. Pods that fail, and users who scale, may leave it outside: then it must not make it
 * worse. Scaling in the middle of a roll-out is spread over all its ReplicaSets, as upstream, whichever of their pods are ready; such
 * writes are told by a new `desired-replicas`. Users who scale its ReplicaSets break the rule.
 */
import { isPodTerminal } from '../../../src/apis/core-v1/pod-status.js'
import { scaledValue } from '../../../src/machinery/int-or-string.js'
import { type Invariant, isOf } from '../invariant.js'
import { type Change, type ClusterModel, controllerOf, nameOf } from '../model.js'
import type { Deployment, ReplicaSet } from '../objects.js'

const desiredAnnotation = 'deployment.kubernetes.io/desired-replicas'

const sizeOf = (set: ReplicaSet | undefined) => set?.spec?.replicas ?? 0
const sum = (numbers: readonly number[]) => numbers.reduce((total, n) => total + n, 0)

/** The bounds, in pods; upstream lets one be unavailable where both come to nothing. */
function boundsOf({ spec: { replicas = 1, strategy } }: Deployment): { most: number; least: number } {
  const { maxSurge = '25%', maxUnavailable = '25%' } = strategy?.rollingUpdate ?? {}
  const surge = scaledValue(maxSurge, replicas, 'up')
  const unavailable = scaledValue(maxUnavailable, replicas, 'down') || (surge === 0 ? 1 : 0)
  return { most: replicas + surge, least: replicas - unavailable }
}

const isScaling = (before: ReplicaSet | undefined, after: ReplicaSet) =>
  before !== undefined &&
  before.metadata.annotations?.[desiredAnnotation] !== after.metadata.annotations?.[desiredAnnotation]

/** As the Deployment may have counted them. */
const availableIn = (set: ReplicaSet, model: ClusterModel) =>
  Math.max(...model.views('ReplicaSet', set.metadata.uid ?? '').map(({ status }) => status?.availableReplicas ?? 0))

function* rolling(
  before: ReplicaSet | undefined,
  after: ReplicaSet,
  owner: readonly Deployment[],
  model: ClusterModel,
) {
  const sets = model.all('ReplicaSet').filter(set => controllerOf(set)?.uid === owner[0]?.metadata.uid)
  const name = owner[0] && nameOf(owner[0])
  const bounds = owner.map(boundsOf)
  const total = sum(sets.map(sizeOf))
  const most = Math.max(...bounds.map(bound => bound.most))
  if (sizeOf(after) > sizeOf(before) && total > most)
    yield `${name} asks for ${total} pods, at most ${most} are allowed`
  if (!before || sizeOf(after) >= sizeOf(before) || isScaling(before, after)) return
  const others = sum(
    sets
      .filter(set => set.metadata.uid !== after.metadata.uid)
      .map(set => Math.min(sizeOf(set), availableIn(set, model))),
  )
  const available = availableIn(after, model)
  const [had, keeps] = [before, after].map(set => others + Math.min(sizeOf(set), available)) as [number, number]
  const least = Math.min(had, ...bounds.map(bound => bound.least))
  if (keeps < least) yield `${name} leaves ${keeps} of its ${had} available pods, at least ${least} are needed`
}

function* recreating(
  before: ReplicaSet | undefined,
  after: ReplicaSet,
  owner: readonly Deployment[],
  model: ClusterModel,
) {
  if (sizeOf(after) <= sizeOf(before)) return
  for (const set of model.all('ReplicaSet')) {
    if (controllerOf(set)?.uid !== owner[0]?.metadata.uid || set.metadata.uid === after.metadata.uid) continue
    const left = model.podsOf(set.metadata.uid ?? '').filter(pod => !isPodTerminal(pod))
    if (left.length)
      yield `${nameOf(after)} begins beside pods of the old ${nameOf(set)}: ${left.map(nameOf).join(', ')}`
  }
}

function ownerViews({ current }: Change<'ReplicaSet'>, model: ClusterModel): readonly Deployment[] {
  const owner = current && controllerOf(current)
  return owner?.kind === 'Deployment' ? model.views('Deployment', owner.uid) : []
}

export const deploymentBounds: Invariant = {
  name: 'deployment-bounds',
  claim: 'a Deployment stays within maxSurge and maxUnavailable; one that recreates begins when the old pods are gone',
  *afterChange(change, model) {
    if (!isOf(change, 'ReplicaSet') || !change.current) return
    const owner = ownerViews(change, model)
    if (!owner.length) return
    const { previous, current } = change
    if (owner.every(({ spec }) => spec.strategy?.type === 'Recreate'))
      yield* recreating(previous, current, owner, model)
    else if (owner.every(({ spec }) => spec.strategy?.type !== 'Recreate'))
      yield* rolling(previous, current, owner, model)
  },
}
