/** Values and watches as the storage tests write them. */
import type { Storage, StorageEvent, Stored } from '../../src/storage/storage.js'

export const bytes = (value: string): Uint8Array => new TextEncoder().encode(value)

export const text = (stored: Stored | undefined): string | undefined => stored && new TextDecoder().decode(stored.bytes)

/** The first events of a watch. */
export async function take(storage: Storage, prefix: string, from: number, count: number): Promise<StorageEvent[]> {
  const events: StorageEvent[] = []
  for await (const event of storage.watch(prefix, from, new AbortController().signal)) {
    events.push(event)
    if (events.length === count) break
  }
  return events
}
