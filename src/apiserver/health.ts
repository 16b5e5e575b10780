/** /livez, /readyz and /healthz: each a list of checks, together or one by one. */

import { sendText } from './http/errors.js'
import type { Exchange } from './http/exchange.js'
import { sendBody } from './http/send.js'

export type HealthEndpoint = 'livez' | 'readyz' | 'healthz'

export interface HealthCheck {
  /** As in the path: `etcd`, `poststarthook/rbac/bootstrap-roles`. */
  name: string
  /** Undefined: at all. */
  endpoints?: readonly HealthEndpoint[]
  /** Why it fails; undefined when all is well. */
  check(): string | undefined | Promise<string | undefined>
}

/** Told the result of each check. */
export type HealthObserver = (name: string, endpoint: HealthEndpoint, healthy: boolean) => void

const endpointOf = (path: string): HealthEndpoint | undefined => {
  const name = path.split('/', 2)[1]
  return name === 'livez' || name === 'readyz' || name === 'healthz' ? name : undefined
}

export const isHealthPath = (path: string): boolean => endpointOf(path) !== undefined

const isPartOf =
  (endpoint: HealthEndpoint) =>
  ({ endpoints }: HealthCheck): boolean =>
    !endpoints || endpoints.includes(endpoint)

/** Runs the checks of an endpoint one after the other, but those excluded, and tells of each. */
export async function checkHealth(
  endpoint: HealthEndpoint,
  checks: readonly HealthCheck[],
  { excluded = new Set(), observe }: { excluded?: ReadonlySet<string>; observe: HealthObserver },
): Promise<{ lines: string[]; failed: string[] }> {
  const lines: string[] = []
  const failed: string[] = []
  for (const { name, check } of checks.filter(isPartOf(endpoint))) {
    if (excluded.has(name)) {
      lines.push(`[+]${name} excluded: ok`)
      continue
    }
    // Reasons are for the log, not for whoever asks.
    const error = await Promise.resolve(check()).catch(thrown => String(thrown))
    observe(name, endpoint, error === undefined)
    lines.push(error === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`)
    if (error !== undefined) failed.push(name)
  }
  return { lines, failed }
}

/** Answers the request; false when the path is no health path or names no check. */
export async function serveHealth(
  exchange: Exchange,
  checks: readonly HealthCheck[],
  observe: HealthObserver,
): Promise<boolean> {
  const { info, query } = exchange
  const endpoint = endpointOf(info.path)
  if (!endpoint) return false
  const own = checks.filter(isPartOf(endpoint))
  const name = info.path.slice(endpoint.length + 2)
  if (info.path.length > endpoint.length + 1) {
    const found = own.find(check => check.name === name)
    if (!found) return false
    const error = await Promise.resolve(found.check()).catch(thrown => String(thrown))
    if (error !== undefined) await sendText(exchange, 500, `internal server error: ${error}\n`)
    else await sendBody(exchange, 200, { contentType: 'text/plain; charset=utf-8', body: 'ok' })
    return true
  }
  const excluded = new Set(query?.getAll('exclude') ?? [])
  const { lines, failed } = await checkHealth(endpoint, own, { excluded, observe })
  const unknown = [...excluded].filter(item => !own.some(check => check.name === item)).sort()
  if (unknown.length)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${unknown.map(item => JSON.stringify(item)).join(',')}`,
    )
  if (failed.length) {
    await sendText(exchange, 500, `${lines.join('\n')}\n${endpoint} check failed\n`)
    return true
  }
  const body = query?.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok'
  await sendText(exchange, 200, body)
  return true
}

/** Paths of all checks, for the list at `/`. */
export const healthPaths = (checks: readonly HealthCheck[]): string[] =>
  (['healthz', 'livez', 'readyz'] as const).flatMap(endpoint => [
    `/${endpoint}`,
    ...checks.filter(isPartOf(endpoint)).map(({ name }) => `/${endpoint}/${name}`),
  ])
