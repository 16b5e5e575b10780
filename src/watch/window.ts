/** The recent changes of one resource, oldest first: replayed to watchers that resume, undone for lists of the past. */
import type { Change } from './change.js'

/**
 * Worked example: floor = 10 and changes 12, 17, 18 (the revisions between belong to other resources). A watch after 10
 * gets three, after 15 two, after 9 is refused: a change of revision 10 may be missing.
 */
export class Window {
  // What lies before the head is gone already: the array itself is moved later.
  #changes: (Change | undefined)[] = []
  #head = 0
  #floor: number

  constructor(floor: number) {
    this.#floor = floor
  }

  /** The oldest revision after which nothing is missing. */
  get floor(): number {
    return this.#floor
  }

  /** How many changes are kept. */
  get size(): number {
    return this.#changes.length - this.#head
  }

  push(change: Change): void {
    this.#changes.push(change)
  }

  /** Puts older history before what is there. */
  extend(floor: number, older: readonly Change[]): void {
    this.#changes = [...older, ...this.#changes.slice(this.#head)]
    this.#head = 0
    this.#floor = floor
  }

  /** Changes after the revision, oldest first; the revision is not below the floor. */
  *after(revision: number): Generator<Change> {
    for (let i = this.#firstAfter(revision); i < this.#changes.length; i++) yield this.#changes[i]!
  }

  /** Forgets the changes up to and including the revision. */
  trim(revision: number): void {
    if (revision <= this.#floor) return
    this.#floor = revision
    const head = this.#firstAfter(revision)
    this.#changes.fill(undefined, this.#head, head)
    this.#head = head
    // Moving the array costs its length, so it waits until half of it is garbage.
    if (this.#head * 2 < this.#changes.length) return
    this.#changes = this.#changes.slice(this.#head)
    this.#head = 0
  }

  #firstAfter(revision: number): number {
    let low = this.#head
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#changes[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }
}
