/** The states that one key went through, in the order of revisions, and whether they can be placed in time. */
import type { Operation, Read, Span, Write } from './history.js'

/** What the key held from one write to the next. `revision` undefined: nothing. */
interface State {
  revision?: number
  /** That made it; the first state has none. */
  write?: Write
}

/** What one key's clients did and were told. */
export interface KeyHistory {
  key: string
  writes: readonly Write[]
  reads: readonly Read[]
}

const last = Number.POSITIVE_INFINITY
const shown = (span: Span) => `[${span.invoked}, ${span.returned === last ? 'never' : span.returned}]`

/** By key; items of lists count as reads of their keys. */
export function byKey(operations: readonly Operation[], keys: readonly string[]): KeyHistory[] {
  const histories = new Map(keys.map(key => [key, { key, writes: [] as Write[], reads: [] as Read[] }]))
  for (const operation of operations) {
    if (operation.type === 'read') histories.get(operation.key)!.reads.push(operation)
    else if (operation.type !== 'list') histories.get(operation.key)!.writes.push(operation)
    else {
      const { invoked, returned, items } = operation
      for (const { key, reads } of histories.values())
        reads.push({ type: 'read', key, invoked, returned, found: items.get(key) })
    }
  }
  return [...histories.values()]
}

/**
 * Puts the writes that took place into their order. A put whose answer was lost took place if somebody saw its value; a
 * delete if the key was made again after it, or was found absent.
 */
export class Timeline {
  readonly states: State[] = [{}]
  readonly violations: string[] = []
  readonly #history: KeyHistory
  readonly #deletes = new Map<number, Write[]>()
  /** Number of the state that has the revision. */
  readonly #stateAt = new Map<number, number>()

  constructor(history: KeyHistory) {
    this.#history = history
    for (const write of history.writes)
      if (write.type === 'delete' && write.outcome !== 'refused') {
        const expected = write.expect as number
        this.#deletes.set(expected, [...(this.#deletes.get(expected) ?? []), write])
      }
    for (const put of this.#putsInOrder()) this.#addPut(put)
    this.#addFinalDelete()
    this.#place()
    this.#judgeRefusals()
  }

  /** Whether the key was deleted after that revision and before the next. */
  wasDeletedAfter(revision: number): boolean {
    const at = this.#stateAt.get(revision)
    return at !== undefined && this.states[at + 1]?.write?.type === 'delete'
  }

  /** The newest revision that is not above this one; undefined: the key had not been written. */
  newestAt(revision: number): number | undefined {
    return this.states.findLast(state => state.revision !== undefined && state.revision <= revision)?.revision
  }

  #violate(text: string): void {
    this.violations.push(`${this.#history.key}: ${text}`)
  }

  #putsInOrder(): (Write & { revision: number })[] {
    const { writes, reads } = this.#history
    const seen = new Map(reads.flatMap(({ found }) => (found ? [[found.value, found.revision] as const] : [])))
    const puts: (Write & { revision: number })[] = []
    const values = new Set<string>()
    for (const write of writes) {
      if (write.type !== 'put') continue
      values.add(write.value!)
      const revision = write.revision ?? seen.get(write.value!)
      if (revision === undefined) continue
      if (write.outcome === 'refused') this.#violate(`${write.value} was refused, and is there at ${revision}`)
      puts.push({ ...write, revision })
    }
    for (const [value, revision] of seen)
      if (!values.has(value)) this.#violate(`${value} at ${revision} was never written`)
    const byValue = new Map(puts.map(put => [put.value, put.revision]))
    for (const { found } of reads)
      if (found && byValue.has(found.value) && byValue.get(found.value) !== found.revision)
        this.#violate(`${found.value} was seen at ${found.revision}, and written at ${byValue.get(found.value)}`)
    return puts.sort((a, b) => a.revision - b.revision)
  }

  #addPut(put: Write & { revision: number }): void {
    const before = this.states.at(-1)!
    if (put.expect === 'absent') {
      if (before.revision !== undefined) this.#addDelete(before.revision, `before ${put.value}`)
    } else if (before.revision !== put.expect)
      this.#violate(`${put.value} at ${put.revision} expected ${put.expect} and followed ${before.revision}`)
    if (before.revision === put.revision) this.#violate(`two writes have revision ${put.revision}`)
    this.#stateAt.set(put.revision, this.states.length)
    this.states.push({ revision: put.revision, write: put })
  }

  /** Of several that could have done it, the earliest leaves most room for the others' answers. */
  #addDelete(revision: number, when: string): void {
    const deletes = this.#deletes.get(revision) ?? []
    const done = deletes.filter(({ outcome }) => outcome === 'done')
    if (done.length > 1) this.#violate(`revision ${revision} was deleted ${done.length} times`)
    const write = done[0] ?? [...deletes].sort((a, b) => a.invoked - b.invoked)[0]
    if (!write) this.#violate(`revision ${revision} is gone ${when}, and nobody deleted it`)
    else this.states.push({ write })
  }

  /** One whose answer was lost may have taken place or not: it stands in nobody's way. */
  #addFinalDelete(): void {
    const { revision } = this.states.at(-1)!
    if (revision !== undefined && this.#deletes.has(revision)) this.#addDelete(revision, 'at the end')
    for (const [expected, deletes] of this.#deletes)
      if (deletes.some(({ outcome }) => outcome === 'done') && !this.wasDeletedAfter(expected))
        this.#violate(`revision ${expected} was deleted, and written over`)
  }

  /** The earliest times at which the states can have begun, pushed on by what was read until nothing moves. */
  #earliestStarts(): number[] {
    const starts = this.states.map(() => 0)
    for (let moved = true; moved; ) {
      moved = false
      const bounds = this.states.map(({ write }) => write?.invoked ?? 0)
      for (const read of this.#history.reads) {
        const state = this.#stateOf(read, starts)
        if (state < 0 || state + 1 >= bounds.length) continue
        bounds[state + 1] = Math.max(bounds[state + 1]!, read.invoked)
      }
      for (const [i, bound] of bounds.entries()) {
        const start = Math.max(bound, starts[i - 1] ?? 0)
        if (start <= starts[i]!) continue
        starts[i] = start
        moved = true
      }
    }
    return starts
  }

  #place(): void {
    const starts = this.#earliestStarts()
    for (const [i, { write, revision }] of this.states.entries())
      if (write && starts[i]! > write.returned)
        this.#violate(`${write.type} of ${revision ?? write.expect} ${shown(write)} cannot come before ${starts[i]}`)
    for (const read of this.#history.reads) {
      const state = this.#stateOf(read, starts)
      const what = read.found ? `revision ${read.found.revision}` : 'nothing'
      if (state < 0 || starts[state]! > read.returned) this.#violate(`${what} was found too early ${shown(read)}`)
    }
  }

  /** Which state a read saw. Of the absences the last that had begun by then: it leaves most room. */
  #stateOf({ found, returned }: Read, starts: readonly number[]): number {
    if (found) return this.#stateAt.get(found.revision) ?? -1
    return this.states.findLastIndex(({ revision }, i) => revision === undefined && starts[i]! <= returned)
  }

  /** Nobody may be refused while what was expected was there all the time. */
  #judgeRefusals(): void {
    for (const write of this.#history.writes) {
      if (write.outcome !== 'refused') continue
      const wrongly = this.states.some(({ revision, write: made }, i) => {
        if (revision !== (write.expect === 'absent' ? undefined : write.expect)) return false
        const next = this.states[i + 1]?.write
        return (made?.returned ?? 0) < write.invoked && (next ? next.invoked > write.returned : this.#isFinal(write))
      })
      if (wrongly)
        this.#violate(`${write.type} expecting ${write.expect} was refused ${shown(write)}, and it was there`)
    }
  }

  /** No write of unknown fate can have changed the last state. */
  #isFinal(refused: Write): boolean {
    return !this.#history.writes.some(
      ({ outcome, invoked, returned }) => outcome === 'unknown' && invoked < refused.returned && returned === last,
    )
  }
}
