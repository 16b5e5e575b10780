/** Turns a bearer token into a user: checks the signature, the account and whatever object the token is bound to. */
import type { Clock } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import type { RestDirectory } from '../deps.js'
import type { BoundObject, KubernetesClaims, TokenClaims, TokenSigner } from './service-account-token.js'
import { authenticatedGroup, serviceAccountGroups, serviceAccountUserName } from './user.js'

export interface TokenIdentity {
  user: UserInfo
  /** Those of the token that were asked for. */
  audiences: readonly string[]
}

/** Why a token is refused; the text is upstream's and shown in token reviews only. */
export class InvalidToken extends Error {}

export interface TokenAuthenticator {
  /** Throws InvalidToken. `audiences`: at least one must be the token's; default: the server's own. */
  authenticate(token: string, audiences?: readonly string[]): Promise<TokenIdentity>
}

// As long as upstream: a deleted pod's token works at most this much longer.
const cacheMilliseconds = 10_000
const maxCached = 10_000

const extraOf = (claims: TokenClaims): Record<string, string[]> => {
  const { pod, node } = claims['kubernetes.io']
  const extra: Record<string, string[]> = {}
  if (claims.jti) extra['authentication.kubernetes.io/credential-id'] = [`JTI=${claims.jti}`]
  for (const [kind, object] of Object.entries({ pod, node })) {
    if (!object) continue
    extra[`authentication.kubernetes.io/${kind}-name`] = [object.name]
    extra[`authentication.kubernetes.io/${kind}-uid`] = [object.uid]
  }
  return extra
}

const listOf = (audience: string | string[] | undefined) =>
  typeof audience === 'string' ? [audience] : (audience ?? [])

/** `audiences` are those the server itself answers to. */
export function newTokenAuthenticator(
  deps: { clock: Clock; rests: RestDirectory },
  signer: TokenSigner,
  audiences: readonly string[],
): TokenAuthenticator {
  const cache = new Map<string, { identity: TokenIdentity; until: number }>()

  const find = async (resource: string, key: { name: string; namespace?: string }): Promise<AnyObject | undefined> =>
    (
      await deps.rests
        .find('', 'v1', resource)
        ?.get(key)
        .catch(() => undefined)
    )?.object

  const checkBound = async (resource: string, bound: BoundObject | undefined, namespace?: string) => {
    if (!bound) return
    const found = await find(resource, { name: bound.name, ...(namespace && { namespace }) })
    const kind = resource.slice(0, -1)
    if (!found) throw new InvalidToken(`service account token has been invalidated`)
    if (found.metadata.uid !== bound.uid)
      throw new InvalidToken(`${kind} UID (${found.metadata.uid}) does not match service account ${kind} ref claim`)
  }

  const checkObjects = async ({ namespace, serviceaccount, pod, secret, node }: KubernetesClaims) => {
    const account = await find('serviceaccounts', { name: serviceaccount.name, namespace })
    if (!account || account.metadata.deletionTimestamp)
      throw new InvalidToken('service account token has been invalidated')
    if (account.metadata.uid !== serviceaccount.uid)
      throw new InvalidToken(
        `service account UID (${account.metadata.uid}) does not match claim (${serviceaccount.uid})`,
      )
    await checkBound('secrets', secret, namespace)
    await checkBound('pods', pod, namespace)
    // A pod's token names its node for information; only a token bound to the node itself dies with it.
    if (!pod) await checkBound('nodes', node)
  }

  const verify = async (token: string, wanted: readonly string[]): Promise<TokenIdentity> => {
    let claims: TokenClaims
    try {
      claims = await signer.verify(token, deps.clock.now())
    } catch (error) {
      const expired = (error as { code?: string }).code === 'ERR_JWT_EXPIRED'
      throw new InvalidToken(expired ? 'service account token has expired' : '')
    }
    const agreed = listOf(claims.aud).filter(audience => wanted.includes(audience))
    if (!agreed.length)
      throw new InvalidToken(
        `token audiences ${JSON.stringify(listOf(claims.aud))} is invalid for the target audiences ${JSON.stringify(wanted)}`,
      )
    const own = claims['kubernetes.io']
    if (!own?.serviceaccount || claims.sub !== serviceAccountUserName(own.namespace, own.serviceaccount.name))
      throw new InvalidToken('service account token has an invalid subject')
    await checkObjects(own)
    return {
      audiences: agreed,
      user: {
        name: claims.sub,
        uid: own.serviceaccount.uid,
        groups: [...serviceAccountGroups(own.namespace), authenticatedGroup],
        extra: extraOf(claims),
      },
    }
  }

  return {
    async authenticate(token, wanted = audiences) {
      const key = wanted === audiences ? token : `${token}\0${wanted.join('\0')}`
      const now = deps.clock.monotonic()
      const known = cache.get(key)
      if (known && known.until > now) return known.identity
      const identity = await verify(token, wanted)
      if (cache.size >= maxCached) cache.clear()
      cache.set(key, { identity, until: now + cacheMilliseconds })
      return identity
    },
  }
}
