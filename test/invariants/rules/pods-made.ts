/**
 * A ReplicaSet or ReplicationController makes no pod beyond its replicas. It may own more: pods that users made and it took over, or that
 * are left when it shrinks.
 */
import { isPodActive } from '../../../src/apis/core-v1/pod-status.js'
import { type Invariant, isOf } from '../invariant.js'
import { controllerOf, nameOf } from '../model.js'

export const podsMade: Invariant = {
  name: 'pods-made',
  claim: 'no pod is made beyond spec.replicas',
  *afterChange(change, model) {
    if (!isOf(change, 'Pod') || change.previous || !change.current) return
    const owner = controllerOf(change.current)
    if (owner?.kind !== 'ReplicaSet' && owner?.kind !== 'ReplicationController') return
    const views = model.views(owner.kind, owner.uid)
    if (!views.length) return
    const most = Math.max(...views.map(({ spec }) => spec?.replicas ?? 1))
    const active = model.podsOf(owner.uid).filter(pod => isPodActive(pod) && !model.isAdopted(pod))
    if (active.length > most)
      yield `${owner.kind} ${owner.name} of ${most} made pod ${nameOf(change.current)}, number ${active.length}`
  },
}
