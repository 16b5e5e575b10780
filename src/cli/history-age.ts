/** How long history is kept: what `--etcd-compaction-interval` says. */
import { parseDuration } from '../machinery/duration.js'
import type { ApiServerFlags } from './api-server-flags.js'
import { UsageError } from './flags.js'

/** In milliseconds; 0: for ever. Undefined where the flag is absent. Throws UsageError. */
export function historyAgeOf(flags: Pick<ApiServerFlags, 'etcd-compaction-interval'>): number | undefined {
  const text = flags['etcd-compaction-interval']
  if (text === undefined) return undefined
  try {
    const ms = parseDuration(text)
    if (ms >= 0) return ms
  } catch {
    // Said below.
  }
  throw new UsageError(`--etcd-compaction-interval must be a duration such as 5m, not ${JSON.stringify(text)}`)
}
