/** The keys of an OpenID provider: found by discovery, fetched again when a token names one that is not known yet. */
import type { JSONWebKeySet } from 'jose'
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { FetchJson } from './https-json.js'

export interface OidcKeys {
  /** The token's claims when a key of the provider signed it; throws otherwise. */
  verify(token: string): Promise<void>
  /** False until discovery has succeeded. */
  ready(): boolean
}

const retryMilliseconds = 10_000

export interface OidcKeysDeps {
  clock: Clock
  log: Logger
  fetchJson: FetchJson
}

/** Discovery begins at once, and is tried again until it succeeds: the provider may run in this very cluster. */
export function newOidcKeys({ clock, log, fetchJson }: OidcKeysDeps, issuerUrl: string): OidcKeys {
  let jwksUri: string | undefined
  let keys: JSONWebKeySet | undefined

  const discover = async () => {
    const found = (await fetchJson(`${issuerUrl.replace(/\/$/, '')}/.well-known/openid-configuration`)) as {
      issuer?: string
      jwks_uri?: string
    }
    if (found.issuer !== issuerUrl)
      throw new Error(
        `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(issuerUrl)} got ${JSON.stringify(found.issuer ?? '')}`,
      )
    if (!found.jwks_uri) throw new Error('oidc: the provider names no jwks_uri')
    jwksUri = found.jwks_uri
  }
  const attempt = () => {
    discover().catch(error => {
      log.error({ error: String(error) }, 'oidc authenticator: initializing plugin')
      clock.after(retryMilliseconds, attempt)
    })
  }
  attempt()

  const refresh = async () => {
    const fetched = (await fetchJson(jwksUri!)) as JSONWebKeySet
    keys = fetched
    return fetched
  }

  return {
    ready: () => jwksUri !== undefined,
    async verify(token) {
      const { compactVerify, createLocalJWKSet } = await import('jose')
      const by = async (set: JSONWebKeySet) => {
        await compactVerify(token, createLocalJWKSet(set))
      }
      if (keys) {
        try {
          return await by(keys)
        } catch {
          // The provider may have a new key since.
        }
      }
      await by(await refresh())
    },
  }
}
