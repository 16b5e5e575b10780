/**
 * Runs one pod, one step at a time: brings it to what its spec says, and ends it when it is done, deleted or refused.
 *
 *     active ──(deleted, failed, succeeded, refused)──> ending ──> ended ──(object gone)──> gone
 *
 * Every step looks at the world as it is, so a step that failed or was cut short is simply taken again.
 */

import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import type { Timer } from '../../machinery/clock.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { eventsFor } from '../events.js'
import { PodProbes } from '../probes/probes.js'
import { ownedConditions, shownConditions } from '../status/conditions.js'
import type { StartFailure } from '../status/container-statuses.js'
import { podStatusOf } from '../status/pod-status.js'
import { terminatedStatus } from '../status/terminated-status.js'
import { memoryVolumesOf, type PodVolumes, VolumeError } from '../volumes/pod-volumes.js'
import { PlanExecution } from './execute-plan.js'
import { Grace } from './grace.js'
import { killPod, podGraceSeconds } from './kill-pod.js'
import { newPodVolumes } from './new-pod-volumes.js'
import { planPod } from './plan-pod.js'
import { findContainer, isTerminalPhase, refOf } from './pod.js'
import type { PodDeps } from './pod-deps.js'
import { PodFiles } from './pod-files.js'
import { changedResources, completionMessage, PodResize } from './pod-resize.js'
import { addressesOf, hasRunning } from './pod-state.js'
import { deviceFailure, prepareDevices } from './prepare-devices.js'

type Stage = 'active' | 'ending' | 'ended' | 'gone'

interface Verdict {
  reason: string
  message: string
  /** The pod is told that it goes for the sake of others. */
  isDisruption?: boolean
}

const firstRetryMs = 500
const longestRetryMs = 122_000
const longestRetryAfterErrorMs = 10_000
/** Until room is looked for again. */
const deferredResizeMs = 10_000
/** Upstream's shortest time to end, whatever the deletion asks for. */
const minimumGraceSeconds = 1

const deadlineVerdict: Verdict = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

/** Whether there is anything new for us: our own status comes back with every write. */
function matters(before: Pod, after: Pod): boolean {
  const relevant = ({ metadata, spec, status }: Pod) => {
    const { deletionTimestamp, deletionGracePeriodSeconds, generation, labels, annotations } = metadata
    const others = (status?.conditions ?? []).filter(({ type }) => !ownedConditions.has(type))
    return stringifyJson([deletionTimestamp, deletionGracePeriodSeconds, generation, labels, annotations, others, spec])
  }
  return relevant(before) !== relevant(after)
}

export class PodWorker {
  readonly #deps: PodDeps
  readonly #probes: PodProbes
  readonly #volumes: PodVolumes
  readonly #files: PodFiles
  readonly #resize: PodResize
  readonly #failures = new Map<string, StartFailure>()
  readonly #firstSeen: number
  readonly #gone: () => void
  #pod: Pod
  #stage: Stage = 'active'
  #removed = false
  #admitted = false
  #started = false
  #verdict: Verdict | undefined
  #grace: Grace | undefined
  #running = false
  #current: Promise<void> = Promise.resolve()
  #again = false
  #stopped = false
  #retries = 0
  #timers = new Set<Timer>()
  #cancel = new AbortController()

  /** `gone` is called when nothing is left of the pod, here or in the API. */
  constructor(pod: Pod, deps: PodDeps, gone: () => void) {
    this.#pod = pod
    this.#deps = deps
    this.#gone = gone
    this.#firstSeen = deps.clock.monotonic()
    this.#files = new PodFiles(deps.podsDirectory, pod.metadata.uid ?? '', deps.removeFiles)
    this.#resize = new PodResize(this.#files.resources)
    // A pod that is being ended sleeps until its containers are gone, but is to be seen unready.
    const onVerdict = () => (this.#cancel.signal.aborted ? void this.#publish() : this.wake())
    this.#probes = new PodProbes(pod, { ...deps, metrics: deps.metrics.probes }, onVerdict)
    this.#volumes = newPodVolumes(deps, { uid: this.#uid, directory: this.#files.volumes })
  }

  get pod(): Pod {
    return this.#pod
  }

  /** With the resources that it was given, which may not be those of its spec yet. */
  get allocatedPod(): Pod {
    return this.#resize.allocated(this.#pod)
  }

  /** Counts towards what the node has given away. As upstream: not once its object is gone, since the scheduler gives its place away then. */
  get isAdmitted(): boolean {
    return (
      this.#admitted &&
      !this.#removed &&
      !this.#verdict &&
      this.#stage !== 'ended' &&
      this.#stage !== 'gone' &&
      !isTerminalPhase(this.#view().status?.phase)
    )
  }

  /** The status as it should be, which may be newer than what the API has. */
  get status(): PodStatus | undefined {
    return this.#view().status
  }

  /** Takes the pod as the API has it now. */
  update(pod: Pod): void {
    const before = this.#pod
    this.#pod = pod
    this.#deps.statuses.seen(pod)
    if (pod.metadata.deletionTimestamp) this.#requestEnd(podGraceSeconds(pod))
    if (matters(before, pod)) this.wake()
  }

  /** The object is gone from the API. */
  removed(): void {
    this.#removed = true
    this.#requestEnd(Math.min(podGraceSeconds(this.#pod), this.#grace?.seconds ?? Number.POSITIVE_INFINITY))
    this.wake()
  }

  /** Ends the pod for good: the node needs what it uses. */
  evict(verdict: Verdict, graceSeconds: number): void {
    if (this.#verdict || this.#stage !== 'active') return
    this.#verdict = verdict
    eventsFor(this.#deps.events, this.#pod).warning(verdict.reason, verdict.message)
    this.#requestEnd(graceSeconds)
    this.wake()
  }

  /** Something of the pod may have changed: look again. */
  wake(): void {
    this.#again = true
    if (this.#running || this.#stopped || this.#stage === 'gone') return
    this.#running = true
    this.#current = this.#run()
  }

  /** Leaves the containers as they are. Resolves when nothing is written any more; one that is just ending is not waited for. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#probes.stop()
    this.#clearTimers()
    this.#cancel.abort()
    if (this.#stage === 'active') await this.#current
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      try {
        await this.#step()
        this.#retries = 0
      } catch (error) {
        if (!this.#cancel.signal.aborted || this.#stage !== 'active') this.#failed(error)
      }
    }
    this.#running = false
  }

  #failed(error: unknown): void {
    if (this.#stopped) return
    const { name, namespace } = this.#pod.metadata
    const ofVolume = error instanceof VolumeError
    const ofDevice = deviceFailure(error)
    // A volume that cannot be had yet is news for the pod's owner, who has the event.
    const level = ofVolume || ofDevice ? 'info' : 'warn'
    this.#deps.log[level]({ pod: name, namespace, error: String(error) }, 'Could not bring a pod forward')
    if (ofVolume) eventsFor(this.#deps.events, this.#pod).warning('FailedMount', error.message)
    if (ofDevice) eventsFor(this.#deps.events, this.#pod).warning('FailedPrepareDynamicResources', ofDevice)
    const longest = ofVolume ? longestRetryMs : longestRetryAfterErrorMs
    this.#wakeAfter(Math.min(longest, firstRetryMs * 2 ** this.#retries++))
  }

  #requestEnd(graceSeconds: number): void {
    const seconds = Math.max(minimumGraceSeconds, graceSeconds)
    if (this.#grace) this.#grace.shorten(seconds)
    else this.#grace = new Grace(seconds)
    this.#cancel.abort()
  }

  async #step(): Promise<void> {
    if (this.#stage === 'active') {
      if (this.#mustEnd()) this.#stage = 'ending'
      else await this.#sync()
    }
    // What a sync found, or what came in meanwhile.
    if (this.#stage === 'active' && this.#mustEnd()) this.#stage = 'ending'
    if (this.#stage === 'ending') await this.#end()
    if (this.#stage === 'ended') this.#settle()
    if (this.#stage === 'ended' && this.#removed) await this.#cleanUp()
  }

  #mustEnd(): boolean {
    return this.#grace !== undefined || this.#verdict !== undefined || isTerminalPhase(this.#view().status?.phase)
  }

  /** The API's object with the resources that it was given, and the status as it should be. */
  #view(): Pod {
    const wanted = this.#deps.statuses.wanted(this.#pod.metadata.uid ?? '')
    const pod = this.allocatedPod
    if (!wanted) return pod
    return { ...pod, status: { ...wanted, conditions: shownConditions(wanted, this.#pod.status) } }
  }

  get #uid(): string {
    return this.#pod.metadata.uid ?? ''
  }

  #statusNow(terminal: boolean): PodStatus {
    const { cache, runtimeName, node, clock } = this.#deps
    const pod = this.#view()
    const state = cache.state(this.#uid)
    const hostIPs = node.addresses()
    const podIP = pod.spec.hostNetwork ? hostIPs[0] : addressesOf(state)[0]
    this.#probes.update(pod, state, podIP ?? pod.status?.podIP ?? '')
    return podStatusOf({
      pod,
      state,
      runtimeName,
      failures: this.#failures,
      probes: this.#probes,
      resize: this.#resize,
      hostIPs,
      terminal,
      ...(this.#verdict && { verdict: this.#verdict }),
      now: clock.now(),
    })
  }

  #publish(terminal = false): PodStatus {
    const status = this.#statusNow(terminal)
    if (!this.#stopped) this.#deps.statuses.set(this.#pod, status)
    if (!this.#started && status.phase === 'Running') {
      this.#started = true
      this.#deps.metrics.podStarted((this.#deps.clock.monotonic() - this.#firstSeen) / 1000)
    }
    return status
  }

  async #sync(): Promise<void> {
    this.#clearTimers()
    this.#judge()
    const status = this.#publish()
    if (this.#verdict || isTerminalPhase(status.phase)) return
    await this.#files.make()
    await this.#allocate()
    const pod = this.#view()
    const volumes = await this.#volumes.mount(pod)
    const { resourceClaim, cache } = this.#deps
    if (resourceClaim && !hasRunning(cache.state(this.#uid))) await prepareDevices(pod, resourceClaim)
    const actuated = (id: string) => this.#resize.actuated(id)
    const plan = planPod({ pod, state: this.#deps.cache.state(this.#uid), probes: this.#probes, actuated })
    const { signal } = this.#cancel
    const input = { pod, plan, files: this.#files, volumes, signal, failures: this.#failures, resize: this.#resize }
    const execution = new PlanExecution(this.#deps, input)
    await execution.run().finally(() => {
      this.#settleResize()
      this.#publish()
    })
    // A sidecar that runs opens the way for what comes after it.
    if (execution.startedSidecar) this.#again = true
    this.#planWakes(execution.retryAfterMs)
  }

  async #allocate(): Promise<void> {
    await this.#resize.load(this.#pod)
    await this.#resize.allocate(this.#pod, pod => this.#deps.refuseResize(pod))
    if (this.#resize.refusal?.reason === 'Deferred') this.#wakeAfter(deferredResizeMs)
  }

  #settleResize(): void {
    const pod = this.#view()
    const { containers } = this.#deps.cache.state(this.#uid)
    this.#resize.retain(new Set(containers.map(({ id }) => id)))
    const pending = containers.some(({ id, name, state }) => {
      const now = this.#resize.actuated(id)
      return state === 'running' && now && changedResources(now, findContainer(pod, name)?.resources).length > 0
    })
    if (this.#resize.settle(pending))
      eventsFor(this.#deps.events, pod).normal('ResizeCompleted', completionMessage(pod))
  }

  /** Whether the pod may be here at all, and still. */
  #judge(): void {
    const { cache, clock, events } = this.#deps
    const { startTime } = this.#view().status ?? {}
    if (!this.#admitted) {
      this.#admitted = true
      // A pod that this node has begun to run was admitted before.
      const isNew = !startTime && !hasRunning(cache.state(this.#uid))
      this.#verdict = isNew ? this.#deps.admit(this.#pod) : undefined
      if (this.#verdict) eventsFor(events, this.#pod).warning(this.#verdict.reason, this.#verdict.message)
    }
    const deadline = this.#deadline()
    if (deadline !== undefined && clock.now() >= deadline && !this.#verdict) {
      this.#verdict = deadlineVerdict
      eventsFor(events, this.#pod).normal(deadlineVerdict.reason, deadlineVerdict.message)
    }
  }

  #deadline(): number | undefined {
    const { startTime } = this.#view().status ?? {}
    const { activeDeadlineSeconds } = this.#pod.spec
    if (activeDeadlineSeconds === undefined || !startTime) return undefined
    return Date.parse(startTime) + activeDeadlineSeconds * 1000
  }

  #planWakes(retryAfterMs: number | undefined): void {
    const now = this.#deps.clock.now()
    const deadline = this.#deadline()
    const renewAt = this.#deps.tokens.renewAt(this.#uid)
    if (retryAfterMs !== undefined) this.#wakeAfter(retryAfterMs)
    if (deadline !== undefined) this.#wakeAfter(Math.max(0, deadline - now))
    if (renewAt !== undefined) this.#wakeAfter(Math.max(1000, renewAt - now))
  }

  #wakeAfter(ms: number): void {
    const timer = this.#deps.clock.after(ms, () => {
      this.#timers.delete(timer)
      this.wake()
    })
    this.#timers.add(timer)
  }

  #clearTimers(): void {
    for (const timer of this.#timers) timer.cancel()
    this.#timers.clear()
  }

  async #end(): Promise<void> {
    this.#clearTimers()
    this.#cancel.abort()
    this.#probes.stopLivenessAndStartup()
    this.#publish()
    await this.#killAll()
    this.#probes.stop()
    const status = this.#publish(true)
    await this.#volumes.unmount()
    this.#deps.statuses.set(this.#pod, terminatedStatus(status))
    this.#stage = 'ended'
  }

  /** The deletion may come while a pod that is done is being ended: then its grace counts. */
  async #killAll(): Promise<void> {
    this.#grace ??= new Grace(podGraceSeconds(this.#pod))
    const { cache } = this.#deps
    await killPod(this.#deps, this.#view(), cache.state(this.#uid), this.#grace)
    // A container that was just being created when the end came.
    await cache.relist()
    if (hasRunning(cache.state(this.#uid))) await killPod(this.#deps, this.#view(), cache.state(this.#uid), this.#grace)
  }

  /** With a deletion under way the object may go now. */
  #settle(): void {
    const { statuses } = this.#deps
    const status = statuses.wanted(this.#uid)
    if (!this.#removed && status) statuses.finish(this.#pod, status)
  }

  async #cleanUp(): Promise<void> {
    const { cache, runtime, configMaps, secrets, tokens, images, statuses } = this.#deps
    const { containers, sandboxes } = cache.state(this.#uid)
    statuses.forget(this.#uid)
    for (const { id } of [...containers, ...sandboxes]) {
      await runtime.removeContainer(id)
      await cache.refresh(id)
    }
    if (memoryVolumesOf(this.#pod).length > 0) await runtime.removeMemoryVolumes(refOf(this.#pod))
    await this.#files.remove()
    configMaps.release(this.#uid)
    secrets.release(this.#uid)
    tokens.forget(this.#uid)
    images.forget(this.#uid)
    this.#stage = 'gone'
    this.#gone()
  }
}
