/** One subscription to the daemon's events, shared by every node that this process runs on it. */
import type Docker from 'dockerode'
import type { Clock } from '../../../machinery/clock.js'
import type { Logger } from '../../../telemetry/logger.js'
import type { PodRef, RuntimeEvent } from '../types.js'
import { type Labels, podOf } from './labels.js'

/** A RuntimeEvent with the labels that say whose it is; absent for events that concern all. */
export interface LabelledEvent {
  event: RuntimeEvent
  labels?: Labels
}

interface DockerEvent {
  Type: string
  Action: string
  Actor: { ID: string; Attributes: Labels }
}

const containerActions: Record<string, 'started' | 'died' | 'removed'> = {
  start: 'started',
  die: 'died',
  destroy: 'removed',
}
const imageActions = ['pull', 'tag', 'untag', 'delete', 'import', 'load']
const filters = { type: ['container', 'image'], event: [...Object.keys(containerActions), ...imageActions] }

export function toRuntimeEvent({ Type, Action, Actor }: DockerEvent): LabelledEvent | undefined {
  if (Type === 'image') return { event: { type: 'image' } }
  const type = containerActions[Action]
  if (!type) return undefined
  const pod: PodRef = podOf(Actor.Attributes)
  return { event: { type, id: Actor.ID, pod }, labels: Actor.Attributes }
}

async function* lines(source: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of source) {
    const parts = (rest + chunk.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter(Boolean)
  }
}

const longestPauseMs = 10_000

/** `watched` hears whether the subscription stands; after each gap the listeners get a `relist`. */
export interface EventDeps {
  docker: Docker
  clock: Clock
  log: Logger
  watched(standing: boolean): void
}

export class DockerEvents {
  readonly #deps: EventDeps
  readonly #listeners = new Set<(event: LabelledEvent) => void>()
  #stop: AbortController | undefined

  constructor(deps: EventDeps) {
    this.#deps = deps
  }

  /** Returns how to end the subscription; the connection to the daemon closes with the last. */
  subscribe(listener: (event: LabelledEvent) => void): () => void {
    this.#listeners.add(listener)
    if (!this.#stop) {
      this.#stop = new AbortController()
      void this.#run(this.#stop.signal)
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size > 0) return
      this.#stop?.abort()
      this.#stop = undefined
    }
  }

  #emit(event: LabelledEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        await this.#follow(signal, () => {
          failures = 0
        })
      } catch (error) {
        if (!signal.aborted) this.#deps.log.warn({ error: String(error) }, 'Lost the events of Docker')
      }
      this.#deps.watched(false)
      if (!signal.aborted) await this.#pause(Math.min(100 * 2 ** failures, longestPauseMs), signal)
    }
  }

  async #follow(signal: AbortSignal, connected: () => void): Promise<void> {
    const source = (await this.#deps.docker.getEvents({
      filters: JSON.stringify(filters),
      abortSignal: signal,
    })) as unknown as AsyncIterable<Buffer>
    connected()
    this.#deps.watched(true)
    this.#emit({ event: { type: 'relist' } })
    for await (const line of lines(source)) {
      const event = toRuntimeEvent(JSON.parse(line) as DockerEvent)
      if (event) this.#emit(event)
    }
  }

  #pause(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#deps.clock.after(ms, resolve)
      signal.addEventListener(
        'abort',
        () => {
          timer.cancel()
          resolve()
        },
        { once: true },
      )
    })
  }
}
