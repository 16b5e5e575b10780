/** Tokens that TokenRequest issued: checks the signature, the times, the account and whatever object the token is bound to. */
import type { Clock } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { audiencesOf, leewaySeconds, quoteList, readToken } from './json-web-token.js'
import type { FindObject } from './object-lookup.js'
import type { BoundObject, KubernetesClaims, TokenClaims, TokenSigner } from './service-account-token.js'
import { InvalidToken, type TokenHandler } from './token-authenticator.js'
import { serviceAccountGroups, serviceAccountUserName } from './user.js'

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

/** Throws InvalidToken unless the token is good at `now` (ms). */
function checkTimes({ exp, nbf, iat }: TokenClaims, now: number): void {
  const seconds = now / 1000
  if (nbf !== undefined && seconds + leewaySeconds < nbf)
    throw new InvalidToken('service account token is not valid yet')
  if (exp !== undefined && seconds - leewaySeconds > exp) throw new InvalidToken('service account token has expired')
  if (iat !== undefined && seconds + leewaySeconds < iat)
    throw new InvalidToken('service account token is issued in the future')
}

const invalidated = 'service account token has been invalidated'

export function newServiceAccountTokens(
  { clock, find, issuer }: { clock: Clock; find: FindObject; issuer: string },
  signer: TokenSigner,
  own: readonly string[],
): TokenHandler {
  /** What is being deleted counts for as long as clocks may differ. */
  const isGone = ({ metadata: { deletionTimestamp } }: AnyObject) =>
    deletionTimestamp !== undefined && Date.parse(deletionTimestamp) < clock.now() - leewaySeconds * 1000

  const checkBound = async (resource: 'secrets' | 'pods' | 'nodes', bound: BoundObject, namespace?: string) => {
    const found = await find(resource, { name: bound.name, ...(namespace && { namespace }) })
    const kind = resource.slice(0, -1)
    if (!found) throw new InvalidToken(invalidated)
    const { uid } = found.metadata
    if (uid !== bound.uid)
      throw new InvalidToken(`${kind} UID (${uid}) does not match service account ${kind} ref claim (${bound.uid})`)
    if (isGone(found)) throw new InvalidToken(invalidated)
  }

  const checkObjects = async ({ namespace, serviceaccount, pod, secret, node }: KubernetesClaims) => {
    const { name, uid } = serviceaccount
    const account = await find('serviceaccounts', { name, namespace })
    if (!account) throw new InvalidToken(`serviceaccounts ${JSON.stringify(name)} not found`)
    if (account.metadata.uid !== uid)
      throw new InvalidToken(`service account UID (${account.metadata.uid}) does not match claim (${uid})`)
    if (isGone(account)) throw new InvalidToken(`service account ${namespace}/${name} has been deleted`)
    if (secret) await checkBound('secrets', secret, namespace)
    if (pod) await checkBound('pods', pod, namespace)
    // A pod's token names its node for information; only a token bound to the node itself dies with it.
    else if (node) await checkBound('nodes', node)
  }

  return async (token, { audiences }) => {
    if (readToken(token)?.claims.iss !== issuer) return undefined
    const claims = await signer.verify<TokenClaims>(token)
    const named = audiencesOf(claims.aud)
    const meant = named.length ? named : own
    const agreed = meant.filter(audience => audiences.includes(audience))
    if (!agreed.length)
      throw new InvalidToken(
        `token audiences ${quoteList(meant)} is invalid for the target audiences ${quoteList(audiences)}`,
      )
    checkTimes(claims, clock.now())
    const { namespace, serviceaccount } = claims['kubernetes.io']
    await checkObjects(claims['kubernetes.io'])
    return {
      audiences: agreed,
      user: {
        name: serviceAccountUserName(namespace, serviceaccount.name),
        uid: serviceaccount.uid,
        groups: serviceAccountGroups(namespace),
        extra: extraOf(claims),
      },
    }
  }
}
