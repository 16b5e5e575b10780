/** What clients did to a store and what they were told, with the order in which they could tell it. */

/** The version of a key that a client saw: its revision, and a value that was written once only. */
export interface Version {
  revision: number
  value: string
}

/** Ticks of the recorder's own clock: an operation that returned before another was invoked came before it. */
export interface Span {
  invoked: number
  /** Infinity: the answer never came. */
  returned: number
}

/** A write is done, refused because another version was there, or nobody knows. */
export type Outcome = 'done' | 'refused' | 'unknown'

export interface Write extends Span {
  type: 'put' | 'delete'
  key: string
  /** Of a put. */
  value?: string
  /** The revision that had to be there. */
  expect: number | 'absent'
  outcome: Outcome
  /** Of a put that was done. */
  revision?: number
}

export interface Read extends Span {
  type: 'read'
  key: string
  /** Undefined: nothing was there. */
  found?: Version
}

export interface Listing extends Span {
  type: 'list'
  revision: number
  items: ReadonlyMap<string, Version>
}

export type Operation = Write | Read | Listing

/** Records operations of many clients in one process. */
export class Recorder {
  readonly operations: Operation[] = []
  #ticks = 0

  tick(): number {
    return ++this.#ticks
  }

  add(operation: Operation): void {
    this.operations.push(operation)
  }
}
