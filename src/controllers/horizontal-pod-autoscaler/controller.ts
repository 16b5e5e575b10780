/** HorizontalPodAutoscaler controller: scales workloads so that their metrics meet their targets, looking every 15 seconds. */
import { horizontalPodAutoscaler } from '../../apis/autoscaling-v2/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { HorizontalPodAutoscaler } from '../../apis/generated/autoscaling-v2.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { keyOf } from '../../client/indexer.js'
import { type LabelMatcher, matchesLabels, parseLabelSelector } from '../../machinery/selector/index.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { type Result, requeueAfter } from '../runtime/result.js'
import { knownResources } from '../runtime/served-resources.js'
import { computeReplicas } from './compute.js'
import { type History, newHistory, normalize, recordScale } from './limits.js'
import { MetricsClient } from './metrics-client.js'
import type { Tolerances } from './replicas.js'
import { findScale, type ScaleTarget, writeScale } from './scale-target.js'
import { StatusDraft } from './status.js'

/** Upstream's defaults of kube-controller-manager's flags. */
const periodMs = 15_000
const downWindowMs = 300_000
const tolerance = 0.1
const delays = { cpuInitialization: 300_000, initialReadiness: 30_000 }

/** What the controller remembers of each autoscaler, by its key; after a restart it begins anew. */
class Memory {
  readonly histories = new Map<string, History>()
  readonly selectors = new Map<string, LabelMatcher>()

  forget(key: string): void {
    this.histories.delete(key)
    this.selectors.delete(key)
  }

  historyOf(key: string, current: number, now: number): History {
    const history = this.histories.get(key) ?? newHistory(current, now)
    this.histories.set(key, history)
    return history
  }
}

/** Something is wrong; the status says so already, and so does an event. */
class Told extends Error {}

const messageOf = (error: unknown): string => (error as Error).message

const tolerancesOf = ({ spec: { behavior } }: HorizontalPodAutoscaler): Tolerances => ({
  up: Number(behavior?.scaleUp?.tolerance ?? tolerance),
  down: Number(behavior?.scaleDown?.tolerance ?? tolerance),
})

class Reconciliation {
  private readonly draft: StatusDraft
  private readonly now: number

  constructor(
    private readonly hpa: HorizontalPodAutoscaler,
    private readonly context: ReconcileContext,
    private readonly memory: Memory,
  ) {
    this.now = context.clock.now()
    this.draft = new StatusDraft(hpa.status, this.now)
  }

  async run(): Promise<void> {
    try {
      await this.scale()
    } catch (error) {
      if (!(error instanceof Told)) throw error
      this.context.log.debug({ err: messageOf(error) }, 'Could not autoscale')
    } finally {
      await this.writeStatus()
    }
  }

  private async scale(): Promise<void> {
    const target = await this.target()
    const current = target.scale.spec.replicas ?? 0
    const { minReplicas: min = 1, maxReplicas: max } = this.hpa.spec
    const history = this.memory.historyOf(keyOf(this.hpa), current, this.now)
    if (current === 0 && min !== 0) {
      const message = 'scaling is disabled since the replica count of the target is zero'
      this.draft.set('ScalingActive', false, { reason: 'ScalingDisabled', message })
      this.draft.count(0, undefined, 0)
    } else if (current > max) await this.rescale(target, max, 'Current number of replicas above Spec.MaxReplicas')
    else if (current < min) await this.rescale(target, min, 'Current number of replicas below Spec.MinReplicas')
    else await this.follow(target, history, { min, max })
  }

  private async target(): Promise<ScaleTarget> {
    const { client } = this.context
    const { namespace = '' } = this.hpa.metadata
    try {
      const { served } = await knownResources(client)
      const target = await findScale(this.hpa.spec.scaleTargetRef, namespace, { client, served })
      const message = "the HPA controller was able to get the target's current scale"
      this.draft.set('AbleToScale', true, { reason: 'SucceededGetScale', message })
      return target
    } catch (error) {
      this.warn('FailedGetScale', messageOf(error))
      const message = `the HPA controller was unable to get the target's current scale: ${messageOf(error)}`
      this.draft.set('AbleToScale', false, { reason: 'FailedGetScale', message })
      throw new Told(messageOf(error))
    }
  }

  private async follow(target: ScaleTarget, history: History, { min, max }: { min: number; max: number }) {
    const { draft, hpa } = this
    const current = target.scale.spec.replicas ?? 0
    const computed = await this.compute(target)
    const { best, statuses } = computed
    if (!best) {
      draft.count(current, statuses)
      this.warn('FailedComputeMetricsReplicas', computed.error?.message ?? '')
      throw new Told(computed.error?.message)
    }
    const desired = best.replicas
    const wish = { current, desired, min, max, now: this.now, downWindow: downWindowMs }
    const { replicas, able, limit, limited } = normalize(history, hpa.spec.behavior, wish)
    draft.set('AbleToScale', true, able)
    draft.set('ScalingLimited', limited, limit)
    const reason = desired > current ? `${best.name} above target` : 'All metrics below target'
    if (replicas === current) draft.count(current, statuses, current)
    else await this.rescale(target, replicas, desired === current ? '' : reason, statuses)
  }

  private async compute(target: ScaleTarget) {
    const { context, hpa, draft } = this
    const { scale } = target
    const { namespace = '' } = hpa.metadata
    const text = scale.status?.selector ?? ''
    const current = scale.spec.replicas ?? 0
    const pods = this.podsOf(text)
    const workload = { pods, current, tolerances: tolerancesOf(hpa), delays, now: this.now }
    const served = async () => (await knownResources(context.client)).served
    const computed = await computeReplicas(hpa, current, {
      metrics: new MetricsClient(context.client, served),
      namespace,
      selector: text,
      workload,
      statusReplicas: scale.status?.replicas ?? 0,
    })
    for (const { reason, detail } of computed.failures) this.warn(reason, detail)
    const [first] = computed.failures
    if (computed.best) {
      const message = `the HPA was able to successfully calculate a replica count from ${computed.best.name}`
      draft.set('ScalingActive', true, { reason: 'ValidMetricFound', message })
    } else if (first) {
      const message = `the HPA was unable to compute the replica count: ${first.detail}`
      draft.set('ScalingActive', false, { reason: first.reason, message })
    }
    return computed
  }

  /** Pods that another autoscaler selects too belong to neither. */
  private podsOf(text: string): Pod[] {
    const { hpa, memory, context } = this
    const { namespace } = hpa.metadata
    if (!text)
      throw this.refuse('SelectorRequired', 'selector is required', {
        reason: 'InvalidSelector',
        message: "the HPA target's scale is missing a selector",
      })
    const selector = this.parse(text)
    memory.selectors.set(keyOf(hpa), selector)
    const pods = context.cache
      .list<Pod>(podKind, namespace)
      .filter(({ metadata }) => matchesLabels(selector, metadata.labels))
    const selecting = [...memory.selectors]
      .filter(([key]) => key.startsWith(`${namespace}/`))
      .filter(([, other]) => pods.some(({ metadata }) => matchesLabels(other, metadata.labels)))
      .map(([key]) => `{${key.split('/')[1]} ${namespace}}`)
      .sort()
    if (selecting.length <= 1) return pods
    const message = `pods by selector ${text} are controlled by multiple HPAs: [${selecting.join(' ')}]`
    throw this.refuse('AmbiguousSelector', message, { reason: 'AmbiguousSelector', message })
  }

  private parse(text: string): LabelMatcher {
    try {
      return parseLabelSelector(text)
    } catch (error) {
      const message = `couldn't convert selector into a corresponding internal selector object: ${messageOf(error)}`
      throw this.refuse('InvalidSelector', message, { reason: 'InvalidSelector', message })
    }
  }

  private refuse(event: string, text: string, condition: { reason: string; message: string }): Error {
    this.warn(event, text)
    this.draft.set('ScalingActive', false, condition)
    this.draft.count(this.hpa.status?.currentReplicas ?? 0, [])
    this.warn('FailedComputeMetricsReplicas', text)
    return new Told(text)
  }

  private async rescale(
    target: ScaleTarget,
    replicas: number,
    reason: string,
    statuses?: Parameters<StatusDraft['count']>[1],
  ): Promise<void> {
    const { draft, hpa, context, memory, now } = this
    const current = target.scale.spec.replicas ?? 0
    try {
      await writeScale(target, replicas, context.client)
    } catch (error) {
      this.warn('FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${messageOf(error)}`)
      const message = `the HPA controller was unable to update the target scale: ${messageOf(error)}`
      draft.set('AbleToScale', false, { reason: 'FailedUpdateScale', message })
      draft.count(current, statuses)
      throw new Told(messageOf(error))
    }
    const message = `the HPA controller was able to update the target scale to ${replicas}`
    draft.set('AbleToScale', true, { reason: 'SucceededRescale', message })
    context.recorder.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
    const history = memory.histories.get(keyOf(hpa))
    if (hpa.spec.behavior && history) recordScale(history, { from: current, to: replicas, now })
    draft.scaled()
    draft.count(current, statuses, replicas)
  }

  private async writeStatus(): Promise<void> {
    const { hpa, context, draft } = this
    if (semanticEqual(hpa.status, draft.status)) return
    try {
      await context.client.updateStatus(horizontalPodAutoscaler, { ...hpa, status: draft.status })
    } catch (error) {
      this.warn('FailedUpdateStatus', messageOf(error))
      throw error
    }
  }

  private warn(reason: string, message: string): void {
    this.context.recorder.event(this.hpa, 'Warning', reason, message)
  }
}

/** Each has a memory of its own. */
export function newHorizontalPodAutoscalerController(): Controller {
  const memory = new Memory()
  return defineController<HorizontalPodAutoscaler>({
    name: 'horizontalpodautoscaler',
    serviceAccount: 'horizontal-pod-autoscaler',
    component: 'horizontal-pod-autoscaler',
    for: horizontalPodAutoscaler,
    reads: [podKind],
    maxBackoffMs: periodMs,
    // Its own status is no news.
    relevant: (hpa, old) => !old || !semanticEqual(hpa.spec, old.spec),

    async reconcile(hpa, context): Promise<Result> {
      await new Reconciliation(hpa, context, memory).run()
      return requeueAfter(periodMs)
    },
    async gone(key) {
      memory.forget(key)
    },
  })
}
