/**
 * What a StatefulSet does next. In order: members from the lowest ordinal up, then those too many from the highest down, then
 * the update from the highest down. With OrderedReady each waits for the one before; with Parallel only the update does. Pure.
 */
import type { StatefulSet, StatefulSetStatus } from '../../apis/generated/apps-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { revisionOfPod } from '../history/history.js'
import { isPodAvailable, isPodReady } from '../pods/state.js'
import { hasIdentity, ordinalOf, sizeOf, startOrdinal } from './identity.js'

/** A set with its pods, and the names of the revisions it comes from and goes to. */
export interface Members {
  set: StatefulSet
  pods: readonly Pod[]
  current: string
  update: string
  now: number
}

export type Action =
  | { type: 'create'; ordinal: number; revision: 'current' | 'update' }
  /** Labels are wrong. */
  | { type: 'repair'; pod: Pod }
  /** Its claims may be missing. */
  | { type: 'claims'; pod: Pod }
  /** Its claims may belong to others than the retention policy says. */
  | { type: 'owners'; pod: Pod }
  | { type: 'delete'; pod: Pod }
  /** One too many: it goes, and its claims with it where the policy says so. */
  | { type: 'condemn'; pod: Pod }

const isOrdered = ({ spec }: StatefulSet) => spec.podManagementPolicy !== 'Parallel'
const isRunningAndReady = (pod: Pod) => pod.status?.phase === 'Running' && isPodReady(pod)
const hasEnded = ({ status }: Pod) => status?.phase === 'Failed' || status?.phase === 'Succeeded'
const isGoing = ({ metadata }: Pod) => metadata.deletionTimestamp !== undefined

const availability =
  ({ set, now }: Members) =>
  (pod: Pod) =>
    isPodAvailable(pod, set.spec.minReadySeconds ?? 0, now)
/** Not yet, no longer, or about not to be available. */
const unavailability = (members: Members) => {
  const available = availability(members)
  return (pod: Pod | undefined) => !pod || !available(pod) || isGoing(pod)
}

/** Members by position, undefined where one is missing; and those beyond the size, highest ordinal first. */
function sort({ set, pods }: Members): { replicas: (Pod | undefined)[]; condemned: Pod[] } {
  const start = startOrdinal(set)
  const replicas = new Array<Pod | undefined>(sizeOf(set)).fill(undefined)
  const condemned: Pod[] = []
  for (const pod of pods) {
    const position = ordinalOf(pod) - start
    if (position >= 0 && position < replicas.length) replicas[position] = pod
    else if (ordinalOf(pod) >= 0) condemned.push(pod)
  }
  return { replicas, condemned: condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a)) }
}

/** A member that is missing comes back as what it was, unless the update has got that far. */
function revisionFor({ set }: Members, ordinal: number): 'current' | 'update' {
  const { type, rollingUpdate } = set.spec.updateStrategy ?? {}
  const kept = rollingUpdate
    ? (rollingUpdate.partition ?? 0)
    : type === 'RollingUpdate'
      ? (set.status?.currentReplicas ?? 0)
      : 0
  return ordinal < startOrdinal(set) + kept ? 'current' : 'update'
}

export function planMembers(members: Members): Action[] {
  const { set } = members
  const { replicas, condemned } = sort(members)
  const actions: Action[] = []
  const ordered = isOrdered(set)
  for (const [position, pod] of replicas.entries()) {
    const settled = planReplica(pod, startOrdinal(set) + position, { members, actions })
    if (ordered && !settled) return actions
  }
  for (const pod of condemned)
    if (!planCondemned(pod, { members, actions, condemned, replicas }) && ordered) return actions
  if (set.spec.updateStrategy?.type !== 'OnDelete') planUpdate(replicas, members, actions)
  return actions
}

/** True where an ordered set may go on to the next. */
function planReplica(
  pod: Pod | undefined,
  ordinal: number,
  { members, actions }: { members: Members; actions: Action[] },
): boolean {
  if (!pod) {
    actions.push({ type: 'create', ordinal, revision: revisionFor(members, ordinal) })
    return false
  }
  if (hasEnded(pod)) {
    if (!isGoing(pod)) actions.push({ type: 'delete', pod })
    return false
  }
  if (pod.status?.phase === 'Pending') actions.push({ type: 'claims', pod })
  if (isGoing(pod) || !isRunningAndReady(pod) || !availability(members)(pod)) {
    if (isOrdered(members.set)) return false
  }
  if (!hasIdentity(members.set, pod)) actions.push({ type: 'repair', pod })
  else if (pod.status?.phase !== 'Pending') actions.push({ type: 'owners', pod })
  return true
}

function planCondemned(
  pod: Pod,
  context: { members: Members; actions: Action[]; condemned: readonly Pod[]; replicas: readonly (Pod | undefined)[] },
): boolean {
  const { members, actions, condemned, replicas } = context
  if (isGoing(pod)) return false
  const broken = unavailability(members)
  const firstBroken = replicas.find(broken) ?? [...condemned].reverse().find(broken)
  // A pod that does not work holds up the others, unless it is the one to begin with.
  if (isOrdered(members.set) && broken(pod) && pod !== firstBroken) return false
  actions.push({ type: 'condemn', pod })
  return false
}

function planUpdate(replicas: readonly (Pod | undefined)[], members: Members, actions: Action[]): void {
  const first = members.set.spec.updateStrategy?.rollingUpdate?.partition ?? 0
  const broken = unavailability(members)
  for (let position = replicas.length - 1; position >= first; position--) {
    const pod = replicas[position]
    if (pod && revisionOfPod(pod) !== members.update && !isGoing(pod)) {
      actions.push({ type: 'delete', pod })
      return
    }
    if (broken(pod)) return
  }
}

export function planStatus(members: Members, collisionCount: number | undefined): StatefulSetStatus {
  const { set, pods, current, update } = members
  const available = availability(members)
  const created = pods.filter(p => p.status?.phase)
  const staying = created.filter(p => !isGoing(p))
  const ready = pods.filter(isRunningAndReady)
  const size = sizeOf(set)
  const count = {
    ready: ready.length,
    current: staying.filter(p => revisionOfPod(p) === current).length,
    updated: staying.filter(p => revisionOfPod(p) === update).length,
  }
  const complete =
    set.spec.updateStrategy?.type === 'RollingUpdate' &&
    [count.updated, count.ready, created.length].every(n => n === size)
  const currentReplicas = complete ? count.updated : count.current
  return {
    ...(set.status?.conditions && { conditions: set.status.conditions }),
    observedGeneration: set.metadata.generation ?? 0,
    replicas: created.length,
    availableReplicas: ready.filter(available).length,
    ...(count.ready > 0 && { readyReplicas: count.ready }),
    ...(currentReplicas > 0 && { currentReplicas }),
    ...(count.updated > 0 && { updatedReplicas: count.updated }),
    currentRevision: complete ? update : current,
    updateRevision: update,
    collisionCount: collisionCount ?? 0,
  }
}
