/** Service-account tokens for projected volumes, asked of the API and renewed well before they expire. */
import type { TokenRequest } from '../../apis/generated/authentication-v1.js'
import type { Pod, ServiceAccountTokenProjection } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { serviceAccountKind } from '../kinds.js'

export interface TokenSource {
  /** A token that is good for a while yet. Rejects when none can be had. */
  token(pod: Pod, projection: ServiceAccountTokenProjection): Promise<string>
  /** Milliseconds since the epoch when the first of the pod's tokens should be renewed; undefined when it has none. */
  renewAt(podUid: string): number | undefined
  forget(podUid: string): void
}

export interface TokenSourceDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
}

interface Held {
  token: string
  expiresAt: number
  renewAt: number
}

const defaultExpirationSeconds = 3600
/** Upstream renews after 80 % of a token's life, or a day, a little earlier at random. */
const longestUseMs = 24 * 3600 * 1000
const jitterMs = 10_000

export function newTokenSource({ client, clock, random, log }: TokenSourceDeps): TokenSource {
  const held = new Map<string, Map<string, Held>>()

  async function request(pod: Pod, { audience, expirationSeconds }: ServiceAccountTokenProjection): Promise<Held> {
    const { namespace = '', name = '', uid = '' } = pod.metadata
    const seconds = expirationSeconds ?? defaultExpirationSeconds
    const body = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: {},
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds: seconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    }
    const account = { namespace, name: pod.spec.serviceAccountName || 'default' }
    const answer = await client.createSubresource<TokenRequest>(serviceAccountKind, account, 'token', body)
    const expiresAt = Date.parse(answer.status?.expirationTimestamp ?? '')
    const lifeMs = (answer.spec.expirationSeconds ?? seconds) * 1000
    const renewAt = Math.min(expiresAt - lifeMs * 0.2, expiresAt - lifeMs + longestUseMs) - random.next() * jitterMs
    return { token: answer.status?.token ?? '', expiresAt, renewAt }
  }

  return {
    async token(pod, projection) {
      const uid = pod.metadata.uid ?? ''
      const ofPod = held.get(uid) ?? new Map<string, Held>()
      held.set(uid, ofPod)
      const key = `${projection.audience ?? ''}|${projection.expirationSeconds ?? ''}`
      const known = ofPod.get(key)
      if (known && clock.now() < known.renewAt) return known.token
      try {
        const fresh = await request(pod, projection)
        ofPod.set(key, fresh)
        return fresh.token
      } catch (error) {
        if (!known) throw new Error(`failed to fetch token: ${(error as Error).message}`)
        if (clock.now() >= known.expiresAt)
          throw new Error(`token expired and refresh failed: ${(error as Error).message}`)
        log.warn({ pod: pod.metadata.name, error: String(error) }, 'Could not renew a token')
        return known.token
      }
    },
    renewAt(podUid) {
      const times = [...(held.get(podUid)?.values() ?? [])].map(({ renewAt }) => renewAt)
      return times.length > 0 ? Math.min(...times) : undefined
    },
    forget: podUid => void held.delete(podUid),
  }
}
