/** A watcher over HTTP that loses its connection now and then, by its own will or another's, and goes on where it was. */
import type { ClientHttp2Stream } from 'node:http2'
import { Caller } from '../caller.js'
import type { ServerAddress } from '../check.js'
import type { Chance } from '../random.js'
import type { Seen, Told } from './told.js'

export interface WatcherOptions {
  servers: readonly ServerAddress[]
  /** Number of the server to begin with. */
  first: number
  path: string
  name: string
  group?: string
  /** Begins with what is there: `list` asks for it, `stream` has it sent as events. Absent: `start` says where. */
  begin?: 'list' | 'stream'
  start?: number
  /** Reads nothing for so many milliseconds of each connection. */
  sleepy?: number
  /** Events of one connection after which it is cut, on the average; Infinity: never. */
  cutAfter: number
  chance: Chance
  keys: ReadonlySet<string>
  /** Of the last object to be written: then it has seen all. */
  lastKey: string
}

interface WireObject {
  code?: number
  metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> }
  data?: { value?: string }
  items?: WireObject[]
}

/** So short that the server sends a bookmark before it ends a watch, and often. */
const watchSeconds = 4

/** In a row, without an event in between. */
const mostFailures = 500
const retryAfter = 20

export class Watcher {
  /** More than one where it had to begin again. */
  readonly stories: Told[]
  /** Connections that it has had. */
  connections = 0
  readonly #options: WatcherOptions
  readonly #caller: Caller
  #last = 0
  #done = false

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#caller = new Caller(options.servers, options.first)
    this.stories = [this.#newStory(options.start ?? 0)]
    this.#last = options.start ?? 0
  }

  /** Resolves when it knows where it begins. */
  async begin(): Promise<void> {
    const { begin } = this.#options
    if (begin === 'stream') await this.#persist(() => this.#connect({ streamed: true }))
    if (begin === 'list') await this.#persist(() => this.#list())
  }

  /** Again, until it succeeds: servers come and go. */
  async #persist(act: () => Promise<void>): Promise<void> {
    for (let failures = 0; ; )
      try {
        return await act()
      } catch (error) {
        if (++failures > mostFailures) throw error
        await new Promise(resolve => setTimeout(resolve, retryAfter))
      }
  }

  async #list(): Promise<void> {
    const { path } = this.#options
    const { status, body } = await this.#caller.call({ path: `${path}?${this.#selector()}` })
    if (status !== 200) throw new Error(`list: ${status}`)
    const { metadata, items = [] } = JSON.parse(body.toString()) as WireObject
    const initial = items.flatMap(item => this.#seen('ADDED', item) ?? [])
    this.#startAt(Number(metadata.resourceVersion), initial)
  }

  /** Resolves when the last object has come; rejects when the server gives wrong answers. */
  async run(): Promise<void> {
    for (let failures = 0; !this.#done; ) {
      const before = this.#last
      try {
        if (this.#story.end === undefined) await this.#connect({})
        else await this.#beginAgain()
        failures = this.#last > before ? 0 : failures
      } catch (error) {
        if (++failures > mostFailures) throw error
        await new Promise(resolve => setTimeout(resolve, retryAfter))
      }
    }
    this.close()
  }

  close(): void {
    this.#caller.close()
  }

  get #story(): Told {
    return this.stories.at(-1)!
  }

  #newStory(start: number): Told {
    const { name, group } = this.#options
    return { name, group, start, events: [] }
  }

  async #beginAgain(): Promise<void> {
    const next = this.#newStory(0)
    this.stories.push(next)
    try {
      await this.#list()
    } catch (error) {
      this.stories.pop()
      throw error
    }
  }

  #startAt(revision: number, initial: Seen[]): void {
    Object.assign(this.#story, { start: revision, initial })
    this.#last = revision
  }

  #selector(): string {
    const { group } = this.#options
    return group === undefined ? '' : `labelSelector=${encodeURIComponent(`group=${group}`)}`
  }

  #seen(type: Seen['type'], { metadata, data }: WireObject): Seen | undefined {
    const key = metadata.name ?? ''
    if (!this.#options.keys.has(key)) return undefined
    return { type, key, revision: Number(metadata.resourceVersion), value: data?.value ?? '' }
  }

  /** One connection, until it ends. `streamed`: until the initial events have come. */
  async #connect({ streamed = false }): Promise<void> {
    const { path, cutAfter, chance, sleepy } = this.#options
    const session = await this.#caller.session()
    this.connections++
    const from = streamed ? 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan' : `resourceVersion=${this.#last}`
    const query = `watch=1&allowWatchBookmarks=true&timeoutSeconds=${watchSeconds}&${from}&${this.#selector()}`
    const stream = session.request({ ...this.#caller.headers, ':path': `${path}?${query}`, accept: 'application/json' })
    const left = cutAfter === Number.POSITIVE_INFINITY ? cutAfter : chance.below(2 * cutAfter)
    if (sleepy) stream.pause()
    const waking = sleepy && setTimeout(() => stream.resume(), sleepy)
    try {
      await this.#read(stream, { left, initial: streamed ? [] : undefined })
    } finally {
      clearTimeout(waking || undefined)
      stream.destroy()
    }
  }

  #read(stream: ClientHttp2Stream, state: { left: number; initial?: Seen[] }): Promise<void> {
    return new Promise((resolve, reject) => {
      let rest = ''
      stream.setEncoding('utf8')
      stream.on('response', headers => {
        if (headers[':status'] !== 200) reject(new Error(`watch: ${headers[':status']}`))
      })
      stream.on('data', (text: string) => {
        // A stream that is given up may still hand over what it has read.
        if (stream.destroyed) return
        const lines = (rest + text).split('\n')
        rest = lines.pop()!
        for (const line of lines) {
          const { type, object } = JSON.parse(line)
          if (this.#take(type, object, state)) continue
          resolve()
          return stream.destroy()
        }
      })
      stream.on('error', reject)
      stream.on('close', resolve)
    })
  }

  /** False: enough of this connection. */
  #take(
    type: Seen['type'] | 'BOOKMARK' | 'ERROR',
    object: WireObject,
    state: { left: number; initial?: Seen[] },
  ): boolean {
    if (type === 'ERROR') {
      this.#story.end = this.#last
      return false
    }
    const revision = Number(object.metadata.resourceVersion)
    const seen = type === 'BOOKMARK' ? undefined : this.#seen(type, object)
    if (state.initial) {
      if (seen) state.initial.push(seen)
      if (type !== 'BOOKMARK') return true
      this.#startAt(revision, state.initial)
      return false
    }
    this.#last = revision
    if (type === 'BOOKMARK') this.#story.events.push({ type, revision })
    else if (seen) this.#story.events.push(seen)
    if (seen?.key === this.#options.lastKey) this.#done = true
    return !this.#done && state.left-- > 0
  }
}
