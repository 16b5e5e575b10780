/** Keeps flow control in step with its stored objects, and the objects with what every cluster has. */
import { flowSchema, priorityLevelConfiguration } from '../../apis/flowcontrol-v1/index.js'
import type { FlowSchema, PriorityLevelConfiguration } from '../../apis/generated/flowcontrol-v1.js'
import type { Clock } from '../../machinery/clock.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { ApiHandler } from '../../machinery/request.js'
import type { Logger } from '../../telemetry/logger.js'
import type { RestDirectory } from '../deps.js'
import { followResource } from '../resource-mirror.js'
import { DanglingWriter } from './dangling.js'
import { ensureFlowObjects } from './ensure-objects.js'
import type { FlowControl } from './flow-control.js'

/** Milliseconds between a change and the next look at what every cluster has: upstream looks every minute. */
const ensureDelay = 60_000

export interface FollowFlowOptions {
  rests: RestDirectory
  handler: ApiHandler
  clock: Clock
  log: Logger
  signal: AbortSignal
}

export class FlowObjectFollower {
  readonly #levels = new Map<string, PriorityLevelConfiguration>()
  readonly #schemas = new Map<string, FlowSchema>()
  readonly #dangling: DanglingWriter
  #digesting = false
  /** Statuses are being written. */
  #writing = false
  /** Something changed meanwhile. */
  #writeAgain = false
  #ensuring = false

  constructor(
    private readonly flow: FlowControl,
    private readonly options: FollowFlowOptions,
  ) {
    this.#dangling = new DanglingWriter(options.handler, () => options.clock.now())
    options.signal.addEventListener('abort', () => flow.stop())
  }

  /** Resolves when the stored objects are in force. */
  async follow(): Promise<void> {
    await Promise.all([this.#follow(priorityLevelConfiguration, this.#levels), this.#follow(flowSchema, this.#schemas)])
    this.#digest()
  }

  /** Resolves when those that every cluster has are there; to be called once the stored ones are known. */
  ensure(): Promise<void> {
    return ensureFlowObjects(this.options.handler, { levels: this.#levels, schemas: this.#schemas })
  }

  async #follow<T extends { metadata: { name?: string } }>(kind: AnyKind, known: Map<string, T>): Promise<void> {
    const { rests } = this.options
    const { group, version, names } = kind
    const rest = rests.find(group, version, names.plural)
    if (!rest) return
    const apply = (object: AnyObject, removed: boolean) => {
      if (removed) known.delete(object.metadata.name ?? '')
      else known.set(object.metadata.name ?? '', object as unknown as T)
      this.#digestSoon()
      this.#ensureLater()
    }
    await followResource(rest, { ...this.options, apply })
  }

  /** Many objects change at once when a cluster begins. */
  #digestSoon(): void {
    if (this.#digesting) return
    this.#digesting = true
    setImmediate(() => {
      this.#digesting = false
      if (!this.options.signal.aborted) this.#digest()
    })
  }

  #digest(): void {
    this.flow.configure([...this.#levels.values()], [...this.#schemas.values()])
    if (this.#writing) this.#writeAgain = true
    else void this.#writeStatuses()
  }

  /** One round at a time: a second one would write what the first is about to, and use up the writes of a minute. */
  async #writeStatuses(): Promise<void> {
    const exists = (level: string) => this.#levels.has(level) || level === 'exempt' || level === 'catch-all'
    const { clock } = this.options
    this.#writing = true
    this.#writeAgain = false
    try {
      if (await this.#dangling.write(this.#schemas.values(), exists)) clock.after(ensureDelay, () => this.#digestSoon())
    } catch (error) {
      this.#failed(error, 'Cannot write the status of a flow schema')
    }
    this.#writing = false
    if (this.#writeAgain) this.#digestSoon()
  }

  #ensureLater(): void {
    const { clock, signal } = this.options
    if (this.#ensuring) return
    this.#ensuring = true
    clock.after(ensureDelay, () => {
      this.#ensuring = false
      if (signal.aborted) return
      this.ensure().catch(error => this.#failed(error, 'Cannot write an object of flow control'))
    })
  }

  #failed(error: unknown, message: string): void {
    if (!this.options.signal.aborted) this.options.log.warn({ error: String(error) }, message)
  }
}
