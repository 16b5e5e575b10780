/** Upstream's simple flow control: so many reads and so many writes at once, the rest is told to come back. */
import type { UserInfo } from '../../machinery/request.js'
import { StatusError } from '../../machinery/status-error.js'
import { Gauge, type MetricRegistry } from '../../telemetry/metrics.js'
import { isLongRunning, type RequestInfo } from '../request-info.js'

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch'])
const retrySeconds = 1

export interface InFlightLimits {
  maxRequestsInFlight: number
  maxMutatingRequestsInFlight: number
}

/** Called when the request is answered. */
export type Release = () => void
const nothing: Release = () => {}

/** Throws 429. Long-running requests and the cluster's administrators are not held back. */
export function newInFlightGuard(
  limits: InFlightLimits,
  metrics: MetricRegistry,
): (info: RequestInfo, user: UserInfo) => Release {
  const counts = { readOnly: 0, mutating: 0 }
  const bounds = { readOnly: limits.maxRequestsInFlight, mutating: limits.maxMutatingRequestsInFlight }
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
    labelNames: ['request_kind'],
    registers: [metrics],
    collect() {
      this.set({ request_kind: 'readOnly' }, counts.readOnly)
      this.set({ request_kind: 'mutating' }, counts.mutating)
    },
  })
  return (info, user) => {
    if (isLongRunning(info)) return nothing
    const kind = readVerbs.has(info.verb) ? 'readOnly' : 'mutating'
    if (counts[kind] >= bounds[kind] && !user.groups.includes('system:masters'))
      throw new StatusError(429, 'TooManyRequests', 'Too many requests, please try again later.', {
        retryAfterSeconds: retrySeconds,
      })
    counts[kind]++
    let held = true
    return () => {
      if (held) counts[kind]--
      held = false
    }
  }
}
