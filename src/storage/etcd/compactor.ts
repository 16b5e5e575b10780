/** Compacts etcd every five minutes. All API servers on one etcd, stock ones included, take turns by one key. */
import type { Clock, Timer } from '../../machinery/clock.js'
import type { EtcdClient } from './etcd-client.js'

/** Upstream's: its version counts the rounds, its value is the revision that was compacted. */
const roundKey = 'compact_rev_key'

export interface CompactorOptions {
  client: EtcdClient
  clock: Clock
  /** Milliseconds between rounds. */
  interval: number
  onError(error: unknown): void
}

/**
 * Worked example: two servers have both seen round 4 at revision 900. After five minutes the first one writes the key "if its
 * version is 4": it was first, so it compacts what is older than 900. The second one's write fails; it takes over round 5.
 */
export function startCompactor({ client, clock, interval, onError }: CompactorOptions): () => void {
  let timer: Timer
  let stopped = false
  let round = 0
  let seen = 0
  const turn = async () => {
    const value = new TextEncoder().encode(String(seen))
    const { header, succeeded, responses } = await client.transact({
      compare: [{ key: roundKey, target: 'version', value: round }],
      success: [{ put: { key: roundKey, value } }],
      failure: [{ range: { key: roundKey } }],
    })
    const compactable = seen
    seen = header.revision ?? 0
    round = succeeded ? round + 1 : (responses?.[0]?.range?.kvs?.[0]?.version ?? 0)
    if (succeeded && compactable > 0) await client.compact(compactable)
  }
  const schedule = () => {
    if (!stopped) timer = clock.after(interval, () => void turn().catch(onError).then(schedule))
  }
  void turn().catch(onError).then(schedule)
  return () => {
    stopped = true
    timer?.cancel()
  }
}
