/** What the scheduler writes about pods: bindings, conditions, nominations, and the end of victims. */
import { pod as podKind } from '../apis/core-v1/index.js'
import type { Pod } from '../apis/generated/core-v1.js'
import type { Client } from '../client/client.js'
import { type Clock, formatTime } from '../machinery/clock.js'
import type { ObjectKey } from '../machinery/object-meta.js'
import { isReason } from '../machinery/status-error.js'

const keyOf = ({ metadata }: Pod): ObjectKey => ({ name: metadata.name ?? '', namespace: metadata.namespace })

export interface ConditionUpdate {
  type: string
  status: 'True' | 'False'
  reason: string
  message: string
}

export class PodWrites {
  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  /** Gives the pod its node. Rejects with a StatusError, also when the pod has one already or is another one by now. */
  async bind(pod: Pod, node: string): Promise<void> {
    const { name, namespace, uid } = pod.metadata
    await this.client.createSubresource(podKind, keyOf(pod), 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    })
  }

  /** Writes only what changes; a pod that is gone is no error. `nominatedNode`: undefined leaves it, `''` clears it. */
  async updateStatus(pod: Pod, condition: ConditionUpdate | undefined, nominatedNode?: string): Promise<void> {
    const conditions = condition ? this.changedCondition(pod, condition) : undefined
    const current = pod.status?.nominatedNodeName ?? ''
    const nominates = nominatedNode !== undefined && nominatedNode !== current
    if (!conditions && !nominates) return
    const status = {
      ...(conditions && { conditions: [conditions] }),
      ...(nominates && { nominatedNodeName: nominatedNode || null }),
    }
    const patch = { type: 'application/strategic-merge-patch+json', body: { status } } as const
    try {
      await this.client.patch(podKind, keyOf(pod), patch, { subresource: 'status' })
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error
    }
  }

  /** Marks the victim as disrupted by the scheduler and deletes it, if it is still the same pod. */
  async preempt(victim: Pod, schedulerName: string): Promise<void> {
    await this.updateStatus(victim, {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
    })
    try {
      await this.client.delete(podKind, keyOf(victim), { preconditions: { uid: victim.metadata.uid } })
    } catch (error) {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    }
  }

  private changedCondition(pod: Pod, wanted: ConditionUpdate): object | undefined {
    const old = pod.status?.conditions?.find(({ type }) => type === wanted.type)
    const same = old?.status === wanted.status && old.reason === wanted.reason && old.message === wanted.message
    if (same) return undefined
    const lastTransitionTime =
      old?.status === wanted.status && old.lastTransitionTime ? old.lastTransitionTime : formatTime(this.clock.now())
    const { generation } = pod.metadata
    return { ...wanted, lastTransitionTime, ...(generation !== undefined && { observedGeneration: generation }) }
  }
}
