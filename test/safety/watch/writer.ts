/** Writes keys that nobody else writes: makes, changes and deletes them, and remembers what it was told. */
import { type LinearTarget, NotDone, Refused } from '../linear/target.js'
import type { Chance } from '../random.js'
import { groups, type Written } from './told.js'

export interface WriterOptions {
  target: LinearTarget
  keys: readonly string[]
  name: string
  chance: Chance
}

export class Writer {
  readonly written: Written[] = []
  readonly #options: WriterOptions
  readonly #there = new Map<string, number | undefined>()
  #count = 0

  constructor(options: WriterOptions) {
    this.#options = options
  }

  /** One write of one key. */
  async write(): Promise<void> {
    const { keys, chance } = this.#options
    const key = chance.pick(keys)
    const revision = this.#there.get(key)
    if (revision !== undefined && chance.oneIn(4)) await this.#delete(key, revision)
    else await this.put(key, chance.pick(groups))
  }

  /** The value's group is one of those that watchers select. Resolves with whether it was answered. */
  async put(key: string, group: string): Promise<boolean> {
    const { target, name } = this.#options
    const value = `${name}-${++this.#count}-${group}`
    try {
      const revision = await target.put(key, value, this.#there.get(key) ?? 'absent')
      this.#there.set(key, revision)
      this.written.push({ key, value, revision, isSure: true })
      return true
    } catch (error) {
      await this.#look({ key, value, isSure: false }, error)
      return false
    }
  }

  async #delete(key: string, revision: number): Promise<void> {
    try {
      await this.#options.target.delete(key, revision)
      this.#there.delete(key)
      this.written.push({ key, isSure: true })
    } catch (error) {
      await this.#look({ key, isSure: false }, error)
    }
  }

  /** Nobody knows whether the write took place: what is there now is where to go on from. */
  async #look(write: Written, error: unknown): Promise<void> {
    if (!(error instanceof NotDone || error instanceof Refused)) this.written.push(write)
    for (let tries = 0; ; tries++)
      try {
        this.#there.set(write.key, (await this.#options.target.get(write.key))?.revision)
        return
      } catch (failure) {
        if (tries === 1000) throw failure
      }
  }
}
