/** The status of an autoscaler while it is being worked out: conditions are set in place, and keep the time of their last change. */
import type { HorizontalPodAutoscalerStatus, MetricStatus } from '../../apis/generated/autoscaling-v2.js'
import { formatTime } from '../../machinery/clock.js'
import type { Note } from './limits.js'

export class StatusDraft {
  status: HorizontalPodAutoscalerStatus

  constructor(
    current: HorizontalPodAutoscalerStatus | undefined,
    private readonly now: number,
  ) {
    this.status = { desiredReplicas: 0, ...current }
  }

  set(type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited', isTrue: boolean, { reason, message }: Note): void {
    const status = isTrue ? 'True' : 'False'
    const conditions = [...(this.status.conditions ?? [])]
    const at = conditions.findIndex(condition => condition.type === type)
    const known = conditions[at]
    const lastTransitionTime =
      known?.status === status && known.lastTransitionTime ? known.lastTransitionTime : formatTime(this.now)
    const condition = { type, status, lastTransitionTime, reason, message }
    if (at < 0) conditions.push(condition)
    else conditions[at] = condition
    this.status = { ...this.status, conditions }
  }

  /** `metrics` is undefined where none was looked at. */
  count(current: number, metrics: readonly MetricStatus[] | undefined, desired = this.status.desiredReplicas): void {
    const { lastScaleTime, conditions } = this.status
    this.status = {
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics: metrics ? [...metrics] : null,
      ...(lastScaleTime && { lastScaleTime }),
      ...(conditions && { conditions }),
    }
  }

  scaled(): void {
    this.status = { ...this.status, lastScaleTime: formatTime(this.now) }
  }
}
