/** Writers and watchers of one namespace at the same time, and what the watchers were told judged by what was written. */
import type { ServerAddress } from '../check.js'
import { ServerTarget } from '../linear/server-target.js'
import { makeNamespace } from '../namespace.js'
import { type Chance, newChance } from '../random.js'
import { judgeWatches } from './judge.js'
import { groupOf } from './told.js'
import { Watcher, type WatcherOptions } from './watcher.js'
import { Writer } from './writer.js'

export interface WatchPlay {
  servers: readonly ServerAddress[]
  seed: number
  namespace: string
  writes: number
  watchers: number
  /** Default 8. */
  writers?: number
  /** History may be shorter than a watcher is away: being told so is no violation. */
  mayExpire?: boolean
  /** Called when writers and watchers are under way; the writers go on at least until it resolves. */
  meanwhile?(): Promise<void>
  /** Watchers that begin late want everything from the first write on; no later than after so many writes. */
  mostMissed?: number
  /** Told how far a play is, ten times. */
  say?(line: string): void
}

export interface WatchReport {
  violations: string[]
  events: number
  writes: number
  connections: number
  expired: number
}

const defaultWriters = 8
const keysEach = 6
/** Written last: a watcher that has seen that of its group has seen all. */
const groupKeys = ['end-g0', 'end-g1', 'end-none']

/** What watcher `n` does: every way of beginning, with and without a selector, patient and not. */
function habitsOf(n: number): Pick<WatcherOptions, 'group' | 'begin' | 'sleepy' | 'cutAfter'> {
  const group = [undefined, 'g0', undefined, 'g1'][n % 4]
  const begin = n === 0 ? undefined : ([undefined, 'list', 'stream'] as const)[n % 3]
  const isSleepy = n % 7 === 6
  const cutAfter = isSleepy || n % 5 === 4 ? Number.POSITIVE_INFINITY : 40 * (1 + (n % 5))
  return { group, begin, cutAfter, ...(isSleepy && { sleepy: 1000 }) }
}

class Play {
  readonly #options: WatchPlay
  readonly #path: string
  readonly #chance: Chance
  readonly #writers: Writer[]
  readonly #targets: ServerTarget[]
  readonly #keys: ReadonlySet<string>
  #tenths = 0

  constructor(options: WatchPlay, path: string) {
    this.#options = options
    this.#path = path
    this.#chance = newChance(options.seed)
    const keysOf = (n: number) => Array.from({ length: keysEach }, (_, i) => `k-${n}-${i}`)
    const { servers, namespace, writers = defaultWriters } = options
    this.#keys = new Set([...Array.from({ length: writers }, (_, n) => keysOf(n)).flat(), ...groupKeys])
    const labelsOf = (value: string) => ({ group: groupOf(value) })
    this.#targets = Array.from(
      { length: writers },
      (_, first) => new ServerTarget(servers, { first, namespace, keys: [...this.#keys], labelsOf }),
    )
    this.#writers = this.#targets.map(
      (target, n) => new Writer({ target, keys: keysOf(n), name: `w${n}`, chance: this.#chance }),
    )
  }

  async run(): Promise<WatchReport> {
    const { revision: start } = await this.#targets[0]!.list()
    const watchers = Array.from({ length: this.#options.watchers }, (_, n) => new Watcher(this.#optionsOf(n, start)))
    const watching = Promise.all(watchers.map((watcher, n) => this.#watch(watcher, n)))
    await Promise.all([this.#write(), watching])
    const { stories: afterwards } = await this.#look()
    for (const target of this.#targets) target.close()
    const stories = [...watchers.flatMap(watcher => watcher.stories), ...afterwards]
    const written = this.#writers.flatMap(writer => writer.written)
    const expired = stories.length - watchers.length - afterwards.length
    const violations = judgeWatches(stories, written)
    if (expired && !this.#options.mayExpire)
      violations.push(`${expired} watchers were told that their revision is too old`)
    return {
      violations: violations.map(violation => `seed ${this.#options.seed}: ${violation}`),
      events: stories.reduce((sum, { events }) => sum + events.length, 0),
      writes: written.length,
      connections: watchers.reduce((sum, { connections }) => sum + connections, 0),
      expired,
    }
  }

  #optionsOf(n: number, start: number): WatcherOptions {
    const { servers } = this.#options
    const habits = habitsOf(n)
    const lastKey = `end-${habits.group ?? 'none'}`
    const name = `watcher ${n}${habits.group ? ` of ${habits.group}` : ''}`
    const chance = newChance(this.#options.seed * 1000 + n)
    return {
      servers,
      first: n,
      path: this.#path,
      name,
      start,
      ...habits,
      chance,
      keys: this.#keys,
      lastKey,
    }
  }

  /** What is there when all is over. */
  async #look(): Promise<Watcher> {
    const watcher = new Watcher({ ...this.#optionsOf(0, 0), name: 'the list at the end', begin: 'list' })
    await watcher.begin()
    watcher.close()
    return watcher
  }

  /** Some begin when much has been written already. */
  async #watch(watcher: Watcher, n: number): Promise<void> {
    const { writes, mostMissed = Number.POSITIVE_INFINITY } = this.#options
    const due = Math.min(((n % 4) / 8) * writes, mostMissed)
    while (this.#count < due) await new Promise(resolve => setTimeout(resolve, 5))
    await watcher.begin()
    await watcher.run()
  }

  get #count(): number {
    return this.#writers.reduce((sum, { written }) => sum + written.length, 0)
  }

  #tellProgress(): void {
    const { writes, say } = this.#options
    const tenths = Math.floor((10 * this.#count) / writes)
    if (tenths <= this.#tenths) return
    this.#tenths = tenths
    say?.(`  ${this.#count} of ${writes} writes`)
  }

  async #write(): Promise<void> {
    let isOver = !this.#options.meanwhile
    const meanwhile = this.#options.meanwhile?.().finally(() => {
      isOver = true
    })
    await Promise.all(
      this.#writers.map(async writer => {
        while (this.#count < this.#options.writes || !isOver) {
          await writer.write()
          this.#tellProgress()
        }
      }),
    )
    await meanwhile
    for (const key of groupKeys) while (!(await this.#writers[0]!.put(key, groupOf(key)))) {}
  }
}

/** Rejects when a server gives answers that make no sense. */
export async function playWatches(options: WatchPlay): Promise<WatchReport> {
  const path = await makeNamespace(options.servers, options.namespace)
  return new Play(options, path).run()
}
