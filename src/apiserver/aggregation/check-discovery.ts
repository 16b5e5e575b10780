/** Whether an extension server answers: its discovery document must come from one of its endpoints at least. */
import type { Clock, Random } from '../../machinery/clock.js'
import type { Availability, Backend } from '../api-service-availability.js'
import type { Dial } from '../proxy/dial.js'
import { hostOf } from '../proxy/location.js'
import { fetchRemote } from './fetch-remote.js'
import type { RemoteService } from './remote-service.js'
import { resolveEndpoint } from './resolve-endpoint.js'

export interface RemoteDeps {
  clock: Clock
  random: Random
  dial: Dial
}

/** Upstream's figures. */
const attempts = 5
const attemptMilliseconds = 5000

/** Who looks: any server lets the administrator in. */
const checker = { name: 'system:kube-aggregator', groups: ['system:masters'] }

export const discoveryPath = ({ group, version }: RemoteService): string =>
  group ? `/apis/${group}/${version}` : `/api/${version}`

async function attempt(remote: RemoteService, backend: Backend, deps: RemoteDeps, signal: AbortSignal): Promise<void> {
  const endpoint = resolveEndpoint(backend, remote.service, deps.random)
  const path = discoveryPath(remote)
  const url = `https://${hostOf({ scheme: 'https', ...endpoint })}${path}`
  // Upstream looks at no certificate here: what it learns is not worth lying about.
  const tls = { ...remote.tls, insecure: true }
  const request = { path, user: checker, milliseconds: attemptMilliseconds }
  const missing = (why: string) => new Error(`failing or missing response from ${url}: ${why}`)
  const { code } = await fetchRemote({ ...endpoint, tls }, request, { ...deps, signal }).catch((error: Error) => {
    throw missing(`Get ${JSON.stringify(url)}: ${error.message}`)
  })
  if (code < 200 || code >= 300) throw missing(`bad status from ${url}: ${code}`)
}

/** Several at a time, for endpoints differ; the first good answer will do. */
export async function checkDiscovery(remote: RemoteService, backend: Backend, deps: RemoteDeps): Promise<Availability> {
  const ended = new AbortController()
  try {
    await Promise.any(Array.from({ length: attempts }, () => attempt(remote, backend, deps, ended.signal)))
    return { status: 'True', reason: 'Passed', message: 'all checks passed' }
  } catch (error) {
    const { errors } = error as AggregateError
    return { status: 'False', reason: 'FailedDiscoveryCheck', message: (errors.at(-1) as Error).message }
  } finally {
    ended.abort()
  }
}
