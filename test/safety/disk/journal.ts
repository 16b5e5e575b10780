/** What a store acknowledged, and what was still under way, so that what it has after a crash can be judged. */
import type { Storage } from '../../../src/storage/storage.js'

const encode = (value: string) => new TextEncoder().encode(value)

export async function readValue(storage: Storage, key: string): Promise<string | undefined> {
  const stored = await storage.get(key)
  return stored && new TextDecoder().decode(stored.bytes)
}

export class Journal {
  /** Writes acknowledged so far. */
  count = 0
  readonly #acknowledged = new Map<string, string | undefined>()
  readonly #inFlight = new Map<string, Set<string | undefined>>()

  has(key: string): boolean {
    return this.#acknowledged.get(key) !== undefined
  }

  /** Undefined deletes. Rejects as the store does. */
  async write(storage: Storage, key: string, value: string | undefined): Promise<void> {
    const flight = this.#inFlight.get(key) ?? new Set()
    this.#inFlight.set(key, flight.add(value))
    if (value === undefined) await storage.delete(key)
    else await storage.put(key, encode(value))
    this.#acknowledged.set(key, value)
    this.count++
    flight.delete(value)
  }

  /** Each key has what was acknowledged last, or a whole write that was under way. From here on what was found is what is there. */
  async judge(storage: Storage): Promise<string[]> {
    const violations: string[] = []
    for (const key of new Set([...this.#acknowledged.keys(), ...this.#inFlight.keys()])) {
      const found = await readValue(storage, key)
      const allowed = [this.#acknowledged.get(key), ...(this.#inFlight.get(key) ?? [])]
      if (!allowed.includes(found))
        violations.push(`${key} has ${found?.slice(0, 30)}, acknowledged was ${allowed[0]?.slice(0, 30)}`)
      this.#acknowledged.set(key, found)
    }
    this.#inFlight.clear()
    return violations
  }
}

/** Eight writers, each of a key of its own, until they have written enough or the store refuses. */
export async function writeUntilDown(
  storage: Storage,
  { journal, random, label, writes = 30 }: { journal: Journal; random: () => number; label: string; writes?: number },
): Promise<void> {
  const writer = async (id: number) => {
    for (let n = 0; n < writes; n++) {
      const key = `/k/${id}`
      const value = `${label}-${n}-${'x'.repeat(Math.floor(random() * 900))}`
      try {
        await journal.write(storage, key, random() < 0.15 && journal.has(key) ? undefined : value)
      } catch {
        return
      }
    }
  }
  await Promise.all(Array.from({ length: 8 }, (_, id) => writer(id)))
}
