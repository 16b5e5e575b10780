/** How many objects follow a page: counted once for a paged list, then known for its later pages. */

/** Lists that are being paged through at one time; of more, the oldest is counted anew. */
const maxKnown = 256

export class PageCounts {
  readonly #remaining = new Map<string, number>()

  /** Objects of the snapshot's `prefix` behind the key, if a page ended there. */
  behind(revision: number, prefix: string, key: string): number | undefined {
    return this.#remaining.get(idOf(revision, prefix, key))
  }

  remember(revision: number, prefix: string, { key, remaining }: { key: string; remaining: number }): void {
    this.#remaining.set(idOf(revision, prefix, key), remaining)
    if (this.#remaining.size <= maxKnown) return
    for (const oldest of this.#remaining.keys()) {
      this.#remaining.delete(oldest)
      return
    }
  }
}

const idOf = (revision: number, prefix: string, key: string) => `${revision} ${prefix} ${key}`
