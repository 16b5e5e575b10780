/** What the runtime has, kept up to date by its events and, in case one was missed, by a slow relist. */
import type { Clock, Timer } from '../machinery/clock.js'
import type { Logger } from '../telemetry/logger.js'
import { emptyPodState, type PodState, podStateOf } from './pods/pod-state.js'
import type { Runtime } from './runtime/runtime.js'
import type { ContainerStatus, PodRef, RuntimeEvent } from './runtime/types.js'
import { within } from './within.js'

export interface RuntimeCacheDeps {
  runtime: Runtime
  clock: Clock
  log: Logger
  /** Adds what the runtime does not know to a status that is new: the termination message. */
  enrich(status: ContainerStatus): Promise<ContainerStatus>
  /** Called after something of the pod changed by itself. */
  changed(pod: PodRef): void
  /** Called after images came or went. */
  imagesChanged(): void
}

/** With events the relist only catches what they missed. */
const relistMs = 60_000
const relistWithoutEventsMs = 1_000
/** Upstream's runtimeRequestTimeout. */
const longestListMs = 120_000

export class RuntimeCache {
  readonly #deps: RuntimeCacheDeps
  readonly #pods = new Map<string, Map<string, ContainerStatus>>()
  readonly #stop = new AbortController()
  #timer: Timer | undefined
  #relisting: Promise<void> | undefined

  constructor(deps: RuntimeCacheDeps) {
    this.#deps = deps
  }

  /** Resolves when everything that exists is known. */
  async start(): Promise<void> {
    await this.relist()
    void this.#followEvents()
    this.#schedule()
  }

  stop(): void {
    this.#stop.abort()
    this.#timer?.cancel()
  }

  state(podUid: string): PodState {
    const statuses = this.#pods.get(podUid)
    return statuses ? podStateOf(statuses.values()) : emptyPodState
  }

  find(id: string): ContainerStatus | undefined {
    for (const statuses of this.#pods.values()) {
      const status = statuses.get(id)
      if (status) return status
    }
    return undefined
  }

  /** Every pod that has anything in the runtime. */
  pods(): PodRef[] {
    return [...this.#pods.values()].flatMap(statuses => {
      const [first] = statuses.values()
      return first ? [first.pod] : []
    })
  }

  all(): ContainerStatus[] {
    return [...this.#pods.values()].flatMap(statuses => [...statuses.values()])
  }

  /** Asks the runtime about one container; for after the kubelet has done something to it. */
  async refresh(id: string): Promise<ContainerStatus | undefined> {
    const status = await this.#deps.runtime.status(id)
    if (status) await this.#put(status)
    else this.#remove(id)
    return status && (this.find(id) ?? status)
  }

  /** Takes a status that the runtime has just given. */
  note(status: ContainerStatus): void {
    this.#set(status)
  }

  async relist(): Promise<void> {
    this.#relisting ??= this.#relistOnce().finally(() => {
      this.#relisting = undefined
    })
    await this.#relisting
  }

  async #relistOnce(): Promise<void> {
    const { runtime, clock } = this.#deps
    const listed = await within(runtime.list(), longestListMs, clock, 'the runtime did not list its containers in time')
    const present = new Set(listed.map(({ id }) => id))
    const changedPods = new Map<string, PodRef>()
    for (const status of this.all()) {
      if (present.has(status.id)) continue
      // It may have been made after the list was taken.
      if (await this.#deps.runtime.status(status.id)) continue
      this.#remove(status.id)
      changedPods.set(status.pod.uid, status.pod)
    }
    for (const status of listed) if (await this.#put(status)) changedPods.set(status.pod.uid, status.pod)
    for (const pod of changedPods.values()) this.#deps.changed(pod)
  }

  /** True when that was news. A container never runs again once it has exited, so an older answer is known by its state. */
  async #put(status: ContainerStatus): Promise<boolean> {
    const known = this.#pods.get(status.pod.uid)?.get(status.id)
    if (known && (known.state === status.state || known.state === 'exited')) return false
    const complete = status.state === 'exited' ? await this.#deps.enrich(status) : status
    this.#set(complete)
    return true
  }

  #set(status: ContainerStatus): void {
    const { uid } = status.pod
    const statuses = this.#pods.get(uid) ?? new Map<string, ContainerStatus>()
    statuses.set(status.id, status)
    this.#pods.set(uid, statuses)
  }

  #remove(id: string): boolean {
    for (const [uid, statuses] of this.#pods) {
      if (!statuses.delete(id)) continue
      if (statuses.size === 0) this.#pods.delete(uid)
      return true
    }
    return false
  }

  #schedule(): void {
    const ms = this.#deps.runtime.events ? relistMs : relistWithoutEventsMs
    this.#timer = this.#deps.clock.after(ms, () => {
      this.relist()
        .catch(error => this.#deps.log.warn({ error: String(error) }, 'Could not list containers'))
        .finally(() => {
          if (!this.#stop.signal.aborted) this.#schedule()
        })
    })
  }

  async #followEvents(): Promise<void> {
    const { runtime, log } = this.#deps
    if (!runtime.events) return
    for await (const event of runtime.events(this.#stop.signal))
      this.#handle(event).catch(error => log.warn({ error: String(error) }, 'Could not follow a container'))
  }

  async #handle(event: RuntimeEvent): Promise<void> {
    if (event.type === 'image') return this.#deps.imagesChanged()
    if (event.type === 'relist') return this.relist()
    const known = this.#pods.get(event.pod.uid)?.get(event.id)
    if (event.type === 'removed') {
      if (this.#remove(event.id)) this.#deps.changed(event.pod)
      return
    }
    if (known?.state === 'exited' || (known?.state === 'running' && event.type === 'started')) return
    const status = await this.#deps.runtime.status(event.id)
    if (status && (await this.#put(status))) this.#deps.changed(event.pod)
  }
}
