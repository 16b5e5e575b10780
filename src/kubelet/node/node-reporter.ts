/** Registers the node and keeps its status in the API: at once when something changed, else every five minutes. */
import type { Node, NodeStatus, Taint } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { EventRecorder } from '../../client/event-recorder.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Pressure } from '../eviction/thresholds.js'
import { nodeKind } from '../kinds.js'
import type { Runtime } from '../runtime/runtime.js'
import type { ImageStatus, RuntimeVersion } from '../runtime/types.js'
import { within } from '../within.js'
import { NodeLease } from './lease.js'
import type { Machine } from './machine.js'
import { allocatableOf, type NodeInput, newNode, nodeStatus, standardLabels } from './node-object.js'
import type { Reserved } from './reserved.js'

export interface NodeReporterDeps {
  client: Client
  clock: Clock
  log: Logger
  events: EventRecorder
  runtime: Runtime
  /** What the machine is short of now. */
  pressures(): ReadonlySet<Pressure>
  /** Why pods cannot have a network; undefined when they can. */
  networkProblem(): string | undefined
}

export interface NodeReporterConfig {
  name: string
  hostname: string
  addresses: readonly string[]
  labels: Readonly<Record<string, string>>
  taints: readonly Taint[]
  capacity: Readonly<Record<string, string>>
  machine: Machine
  /** What pods are not given. */
  reserved: Reserved
  kubeletPort: number
}

/** How often the node is looked at, and how often it is reported when nothing changed. */
const lookMs = 10_000
const reportMs = 300_000
const retryMs = 1_000
/** A runtime that takes longer hangs; upstream's maxWaitForContainerRuntime. */
const longestAnswerMs = 30_000

const conditionEvents: Record<string, [good: string, bad: string]> = {
  MemoryPressure: ['NodeHasSufficientMemory', 'NodeHasInsufficientMemory'],
  DiskPressure: ['NodeHasNoDiskPressure', 'NodeHasDiskPressure'],
  PIDPressure: ['NodeHasSufficientPID', 'NodeHasInsufficientPID'],
  Ready: ['NodeReady', 'NodeNotReady'],
}

/** Heartbeats apart: what a change is. */
function essence(status: NodeStatus): string {
  const conditions = status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest)
  return JSON.stringify({ ...status, conditions })
}

export class NodeReporter {
  readonly #deps: NodeReporterDeps
  readonly #config: NodeReporterConfig
  #node: Node | undefined
  #status: NodeStatus = {}
  #reportedAt = 0
  #lease: NodeLease | undefined
  #timer: Timer | undefined
  #stopped = false
  #reporting: Promise<void> = Promise.resolve()
  /** A look that has not begun yet sees all that is new. */
  #waiting = false
  #version: RuntimeVersion = { name: 'unknown', version: '' }

  constructor(deps: NodeReporterDeps, config: NodeReporterConfig) {
    this.#deps = deps
    this.#config = config
  }

  get allocatable(): Record<string, string> {
    return allocatableOf(this.#config)
  }

  /** Undefined until the node is registered. */
  get uid(): string | undefined {
    return this.#node?.metadata.uid
  }

  get labels(): Readonly<Record<string, string>> {
    return this.#node?.metadata.labels ?? { ...standardLabels(this.#config), ...this.#config.labels }
  }

  /** Resolves once the API has the node; tries until it has, or until `stop`. */
  async start(): Promise<void> {
    while (!this.#stopped) {
      try {
        this.#node = await this.#register()
        break
      } catch (error) {
        this.#deps.log.warn({ error: String(error) }, 'Could not register the node')
        await new Promise<void>(resolve => void this.#deps.clock.after(retryMs, resolve))
      }
    }
    if (this.#stopped || !this.#node) return
    this.#event('Starting', 'Starting kubelet.')
    this.#lease = new NodeLease(this.#node, this.#deps)
    this.#lease.start()
    this.#schedule()
  }

  /** Looks at the node now. */
  refresh(): void {
    if (!this.#node || this.#stopped || this.#waiting) return
    this.#waiting = true
    this.#reporting = this.#reporting
      .then(() => {
        this.#waiting = false
        return this.#report()
      })
      .catch(error => {
        if (!this.#stopped) this.#deps.log.warn({ error: String(error) }, 'Could not report the state of the node')
      })
  }

  stop(): void {
    this.#stopped = true
    this.#lease?.stop()
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer = this.#deps.clock.after(lookMs, () => {
      this.refresh()
      if (!this.#stopped) this.#schedule()
    })
  }

  async #input(before: NodeStatus): Promise<NodeInput> {
    const images = await this.#askRuntime().catch(error => error as Error)
    return {
      ...this.#config,
      runtime: this.#version,
      images: images instanceof Error ? [] : images,
      pressures: this.#deps.pressures(),
      notReady: images instanceof Error ? `container runtime is down: ${images.message}` : this.#deps.networkProblem(),
      before: before.conditions ?? [],
      now: this.#deps.clock.now(),
    }
  }

  async #askRuntime(): Promise<readonly ImageStatus[]> {
    const { runtime, clock } = this.#deps
    const asking = Promise.all([runtime.version(), runtime.listImages()])
    const late = `no answer within ${longestAnswerMs / 1000} s`
    const [version, images] = await within(asking, longestAnswerMs, clock, late)
    this.#version = version
    return images
  }

  async #register(): Promise<Node> {
    const { client } = this.#deps
    const { name } = this.#config
    const existing = await client.get(nodeKind, { name }).catch(error => {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    })
    const input = await this.#input(existing?.status ?? {})
    if (!existing) {
      const made = newNode(input)
      const node = await client.create(nodeKind, made)
      this.#note(made.status ?? {})
      return node
    }
    const labels = { ...standardLabels(input), ...input.labels }
    const type = 'application/strategic-merge-patch+json' as const
    const node = await client.patch(nodeKind, { name }, { type, body: { metadata: { labels } } })
    await this.#write(node, nodeStatus(input))
    return node
  }

  async #report(): Promise<void> {
    const node = this.#node
    if (!node || this.#stopped) return
    const status = nodeStatus(await this.#input(this.#status))
    const due = this.#deps.clock.now() - this.#reportedAt >= reportMs
    if (!due && essence(status) === essence(this.#status)) return
    this.#tellChanges(status)
    await this.#write(node, status).catch(async error => {
      // Deleted under us: come back as a new node.
      if (!isReason(error, 'NotFound')) throw error
      this.#node = await this.#register()
    })
  }

  async #write({ metadata }: Node, status: NodeStatus): Promise<void> {
    const body = { status: { ...status, addresses: [{ $patch: 'replace' }, ...(status.addresses ?? [])] } }
    const type = 'application/strategic-merge-patch+json' as const
    const key = { name: metadata.name ?? '' }
    await this.#deps.client.patch(nodeKind, key, { type, body }, { subresource: 'status' })
    this.#note(status)
  }

  #note(status: NodeStatus): void {
    this.#status = status
    this.#reportedAt = this.#deps.clock.now()
  }

  #tellChanges({ conditions = [] }: NodeStatus): void {
    for (const { type, status } of conditions) {
      const old = this.#status.conditions?.find(condition => condition.type === type)
      if (!old || old.status === status) continue
      const isGood = status === (type === 'Ready' ? 'True' : 'False')
      const reason = conditionEvents[type]?.[isGood ? 0 : 1] ?? type
      this.#event(reason, `Node ${this.#config.name} status is now: ${reason}`)
    }
  }

  #event(reason: string, message: string): void {
    this.tell('Normal', reason, message)
  }

  /** An event about the node; upstream names the node as its own uid here. */
  tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    const { name } = this.#config
    this.#deps.events.event({ kind: 'Node', apiVersion: 'v1', name, uid: name }, type, reason, message)
  }
}
