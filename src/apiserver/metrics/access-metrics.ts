/** Metrics of who asks, and whether they may. */
import type { UserInfo } from '../../machinery/request.js'
import { BucketCounts } from '../../telemetry/bucket-counts.js'
import { histogramValues, registerComputed } from '../../telemetry/computed-metric.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'

/** Upstream's: doubling from a millisecond. */
const bounds = Array.from({ length: 15 }, (_, i) => 0.001 * 2 ** i)
const wellKnown: ReadonlySet<string> = new Set([
  'admin',
  'client',
  'kube_proxy',
  'kubelet',
  'system:serviceaccount:kube-system:default',
])

/** User names are too many to count each: upstream tells a few apart. */
function compressUserName(name: string): string {
  if (wellKnown.has(name)) return name
  return name.includes('@') ? 'email_id' : 'other'
}

class Results<T extends string> {
  readonly #byResult = new Map<T, BucketCounts>()

  constructor(registry: MetricRegistry, names: { total: [string, string]; duration: [string, string] }) {
    const [totalName, totalHelp] = names.total
    registerComputed(registry, {
      name: totalName,
      help: totalHelp,
      type: 'counter',
      values: () => [...this.#byResult].map(([result, { count }]) => ({ labels: { result }, value: count })),
    })
    const [name, help] = names.duration
    registerComputed(registry, {
      name,
      help,
      type: 'histogram',
      values: () => [...this.#byResult].flatMap(([result, counts]) => histogramValues(name, { result }, counts)),
    })
  }

  observe(result: T, seconds: number): void {
    let counts = this.#byResult.get(result)
    if (!counts) this.#byResult.set(result, (counts = new BucketCounts(bounds)))
    counts.observe(seconds)
  }
}

export interface AccessMetrics {
  /** Undefined: nobody that the server knows. */
  authenticated(user: UserInfo | undefined, seconds: number): void
  authorized(allowed: boolean, seconds: number): void
}

export function newAccessMetrics(registry: MetricRegistry): AccessMetrics {
  const users = new Map<string, number>()
  const authentications = new Results<'success' | 'error' | 'failure'>(registry, {
    total: ['authentication_attempts', '[ALPHA] Counter of authenticated attempts.'],
    duration: ['authentication_duration_seconds', '[ALPHA] Authentication duration in seconds broken out by result.'],
  })
  const authorizations = new Results<'allowed' | 'denied' | 'no-opinion' | 'error'>(registry, {
    total: [
      'authorization_attempts_total',
      "[ALPHA] Counter of authorization attempts broken down by result. It can be either 'allowed', 'denied', 'no-opinion' or 'error'.",
    ],
    duration: ['authorization_duration_seconds', '[ALPHA] Authorization duration in seconds broken out by result.'],
  })
  registerComputed(registry, {
    name: 'authenticated_user_requests',
    help: '[ALPHA] Counter of authenticated requests broken out by username.',
    type: 'counter',
    values: () => [...users].map(([username, value]) => ({ labels: { username }, value })),
  })
  return {
    authenticated(user, seconds) {
      authentications.observe(user ? 'success' : 'error', seconds)
      if (!user) return
      const name = compressUserName(user.name)
      users.set(name, (users.get(name) ?? 0) + 1)
    },
    authorized: (allowed, seconds) => authorizations.observe(allowed ? 'allowed' : 'no-opinion', seconds),
  }
}
