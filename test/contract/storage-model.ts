/** Random histories of writes, reads, compactions and restarts, compared with the simplest store that could be right. */
import { expect } from '@jest/globals'
import fc from 'fast-check'
import { KeyConflict, RevisionCompacted, type Storage, type StorageEvent } from '../../src/storage/storage.js'
import { bytes, text } from './storage-values.js'

/** The system under test: `restart` closes and opens again what has a disk, and is the identity for what has none. */
export interface ModelSubject {
  storage: Storage
  restart(): Promise<void>
}

type Expectation = 'none' | 'right' | 'wrong' | 'absent'

interface Model {
  /** Every state, by revision; [0] is empty. */
  states: Map<string, string>[]
  /** Revision at which each key was written last. */
  written: Map<string, number>
  compacted: number
}

const prefix = '/k/'
const newest = (model: Model) => model.states.length - 1
const current = (model: Model) => model.states.at(-1)!

const shownState = (state: Map<string, string>) =>
  [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([k, v]) => `${k}=${v}`)

abstract class Command implements fc.AsyncCommand<Model, ModelSubject> {
  check(): boolean {
    return true
  }
  abstract run(model: Model, subject: ModelSubject): Promise<void>
  abstract toString(): string
}

class Write extends Command {
  constructor(
    readonly key: string,
    readonly value: string | undefined,
    readonly expectation: Expectation,
  ) {
    super()
  }

  async run(model: Model, { storage }: ModelSubject): Promise<void> {
    const key = prefix + this.key
    const there = current(model).has(key) ? model.written.get(key)! : undefined
    const expected = { none: undefined, right: there ?? 'absent', wrong: newest(model) + 7, absent: 'absent' } as const
    const wanted = expected[this.expectation]
    const fits = (wanted === undefined || wanted === (there ?? 'absent')) && (this.value !== undefined || there)
    const write =
      this.value === undefined
        ? storage.delete(key, { expect: wanted === 'absent' ? -1 : wanted })
        : storage.put(key, bytes(this.value), { expect: wanted })
    if (!fits) {
      await expect(write).rejects.toBeInstanceOf(KeyConflict)
      return
    }
    await write
    const next = new Map(current(model))
    if (this.value === undefined) next.delete(key)
    else next.set(key, this.value)
    model.states.push(next)
    model.written.set(key, newest(model))
    expect(storage.revision()).toBe(newest(model))
  }

  toString() {
    return `${this.value === undefined ? 'delete' : 'put'} ${this.key} ${this.value ?? ''} (${this.expectation})`
  }
}

class ListAt extends Command {
  constructor(
    readonly back: number,
    readonly limit: number,
  ) {
    super()
  }

  async run(model: Model, { storage }: ModelSubject): Promise<void> {
    const revision = Math.max(0, newest(model) - this.back)
    if (revision < storage.compacted()) {
      await expect(storage.list(prefix, { revision })).rejects.toBeInstanceOf(RevisionCompacted)
      return
    }
    const found = new Map<string, string>()
    for (let after: string | undefined; ; ) {
      const page = await storage.list(prefix, { revision, limit: this.limit, after })
      for (const stored of page.items) found.set(stored.key, text(stored)!)
      if (!page.more) break
      expect(page.items).toHaveLength(this.limit)
      after = page.items.at(-1)!.key
    }
    expect(shownState(found)).toEqual(shownState(model.states[revision]!))
  }

  toString() {
    return `list ${this.back} back by ${this.limit}`
  }
}

class WatchFrom extends Command {
  constructor(readonly back: number) {
    super()
  }

  async run(model: Model, { storage }: ModelSubject): Promise<void> {
    const from = Math.max(storage.compacted(), newest(model) - this.back)
    const events: StorageEvent[] = []
    storage.subscribe(prefix, from, more => events.push(...more))()
    expect(events.map(e => e.revision)).toEqual(Array.from({ length: newest(model) - from }, (_, i) => from + 1 + i))
    for (const event of events) {
      expect(text(event.current)).toBe(model.states[event.revision]!.get(event.key))
      expect(text(event.previous)).toBe(model.states[event.revision - 1]!.get(event.key))
    }
  }

  toString() {
    return `watch ${this.back} back`
  }
}

class Compact extends Command {
  constructor(readonly back: number) {
    super()
  }

  async run(model: Model, { storage }: ModelSubject): Promise<void> {
    await storage.compact(Math.max(0, newest(model) - this.back))
  }

  toString() {
    return `compact ${this.back} back`
  }
}

class Restart extends Command {
  async run(model: Model, subject: ModelSubject): Promise<void> {
    await subject.restart()
    const { items } = await subject.storage.list(prefix)
    expect(shownState(new Map(items.map(s => [s.key, text(s)!])))).toEqual(shownState(current(model)))
    expect(items.map(s => s.modRevision)).toEqual(items.map(s => model.written.get(s.key)))
    expect(subject.storage.revision()).toBe(newest(model))
  }

  toString() {
    return 'restart'
  }
}

const key = fc.constantFrom('a', 'b', 'c', 'd/e', 'd/f')
const expectation = fc.constantFrom<Expectation>('none', 'none', 'right', 'right', 'wrong', 'absent')

const commands = fc.commands(
  [
    fc.tuple(key, fc.string({ maxLength: 40 }), expectation).map(([k, v, e]) => new Write(k, v, e)),
    fc.tuple(key, expectation).map(([k, e]) => new Write(k, undefined, e)),
    fc.tuple(fc.nat(12), fc.integer({ min: 1, max: 6 })).map(([back, limit]) => new ListAt(back, limit)),
    fc.nat(12).map(back => new WatchFrom(back)),
    fc.nat(20).map(back => new Compact(back)),
    fc.constant(new Restart()),
  ],
  { maxCommands: 60 },
)

/** Runs many random histories; a failure is shrunk and printed as the list of its commands. */
export async function checkModel(open: () => Promise<ModelSubject>, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(commands, async steps => {
      const subject = await open()
      const model = { states: [new Map()], written: new Map(), compacted: 0 }
      await fc.asyncModelRun(() => ({ model, real: subject }), steps)
      await subject.storage.close()
    }),
    { numRuns: runs },
  )
}
