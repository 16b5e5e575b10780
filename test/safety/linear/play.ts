/** Clients that write, read and list a few keys at random, all at once, and record what they are told. */
import type { Chance } from '../random.js'
import { type Operation, type Outcome, Recorder, type Span, type Version } from './history.js'
import { type LinearTarget, NotDone, Refused } from './target.js'

export interface LinearPlay {
  /** The target of each client. */
  targets: readonly LinearTarget[]
  keys: readonly string[]
  operations: number
  chance: Chance
}

/** Writes among the operations are so many of ten; two are lists, the others reads. */
const writesOfTen = 5

class Client {
  readonly #target: LinearTarget
  readonly #play: LinearPlay
  readonly #recorder: Recorder
  readonly #name: string
  /** What it believes to be there. */
  readonly #seen = new Map<string, Version | undefined>()
  #writes = 0

  constructor(target: LinearTarget, play: LinearPlay, recorder: Recorder, name: string) {
    this.#target = target
    this.#play = play
    this.#recorder = recorder
    this.#name = name
  }

  async step(): Promise<void> {
    const { chance, keys } = this.#play
    const key = chance.pick(keys)
    const die = chance.below(10)
    if (die >= writesOfTen + 2) await this.#read(key)
    else if (die >= writesOfTen) await this.#list()
    else if (this.#seen.get(key) && chance.oneIn(4)) await this.#delete(key)
    else await this.#put(key)
  }

  async #read(key: string): Promise<void> {
    const { span, result } = await this.#timed(() => this.#target.get(key))
    if (!('value' in result)) return
    this.#recorder.add({ type: 'read', key, ...span, found: result.value })
    this.#seen.set(key, result.value)
  }

  async #list(): Promise<void> {
    const { span, result } = await this.#timed(() => this.#target.list())
    if (!('value' in result)) return
    const { revision, items } = result.value
    this.#recorder.add({ type: 'list', ...span, revision, items })
    for (const key of this.#play.keys) this.#seen.set(key, items.get(key))
  }

  async #put(key: string): Promise<void> {
    const expect = this.#seen.get(key)?.revision ?? 'absent'
    const value = `${this.#name}-${++this.#writes}`
    const { span, result } = await this.#timed(() => this.#target.put(key, value, expect))
    const outcome = outcomeOf(result)
    if (!outcome) return
    const revision = 'value' in result ? result.value : undefined
    this.#recorder.add({ type: 'put', key, value, expect, ...ended(span, outcome), outcome, revision })
    if (revision !== undefined) this.#seen.set(key, { revision, value })
    else await this.#read(key)
  }

  async #delete(key: string): Promise<void> {
    const expect = this.#seen.get(key)!.revision
    const { span, result } = await this.#timed(() => this.#target.delete(key, expect))
    const outcome = outcomeOf(result)
    if (!outcome) return
    this.#recorder.add({ type: 'delete', key, expect, ...ended(span, outcome), outcome })
    if (outcome === 'done') this.#seen.set(key, undefined)
    else await this.#read(key)
  }

  async #timed<T>(act: () => Promise<T>): Promise<{ span: Span; result: { value: T } | { error: unknown } }> {
    const invoked = this.#recorder.tick()
    const result = await act().then(
      value => ({ value }),
      (error: unknown) => ({ error }),
    )
    return { span: { invoked, returned: this.#recorder.tick() }, result }
  }
}

/** A write whose answer never came may take place at any later time. */
const ended = (span: Span, outcome: Outcome): Span =>
  outcome === 'unknown' ? { ...span, returned: Number.POSITIVE_INFINITY } : span

/** Undefined: it did not happen at all. */
function outcomeOf(result: { value: unknown } | { error: unknown }): Outcome | undefined {
  if ('value' in result) return 'done'
  if (result.error instanceof NotDone) return undefined
  return result.error instanceof Refused ? 'refused' : 'unknown'
}

/** Resolves with what was recorded when all operations are over. */
export async function playLinear(play: LinearPlay): Promise<Operation[]> {
  const recorder = new Recorder()
  let left = play.operations
  await Promise.all(
    play.targets.map(async (target, n) => {
      const client = new Client(target, play, recorder, `w${n}`)
      while (left-- > 0) await client.step()
    }),
  )
  return recorder.operations
}
