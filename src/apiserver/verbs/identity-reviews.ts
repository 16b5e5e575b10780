/** authentication.k8s.io: whose token is this, and who am I? */
import { formatTime } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import { badRequest } from '../../machinery/status-error.js'
import { InvalidToken, type TokenAuthenticator } from '../authn/token-authenticator.js'

const asUserInfo = ({ name, uid, groups, extra }: UserInfo) => ({
  username: name,
  ...(uid && { uid }),
  ...(groups.length && { groups }),
  ...(extra && { extra }),
})

/** Fills in the review's status: the user behind the token, or why there is none. */
export async function reviewToken(
  review: AnyObject,
  tokens: TokenAuthenticator,
  warn?: (message: string) => void,
): Promise<AnyObject> {
  const { token, audiences } = (review.spec ?? {}) as { token?: string; audiences?: string[] }
  if (!token) throw badRequest('token is required for TokenReview in authentication')
  try {
    const found = await tokens.authenticate(token, audiences?.length ? audiences : undefined, warn)
    return { ...review, status: { authenticated: true, user: asUserInfo(found.user), audiences: found.audiences } }
  } catch (error) {
    if (!(error instanceof InvalidToken)) throw error
    const why = error.message ? `[invalid bearer token, ${error.message}]` : 'invalid bearer token'
    // What the client sent as status stays, as upstream has it.
    const { authenticated: _, ...claimed } = (review.status ?? {}) as { authenticated?: boolean }
    return { ...review, status: { user: {}, ...claimed, error: why } }
  }
}

/** Who sends the request: an answer of its own, which has nothing of what was sent. */
export const reviewSelf = ({ apiVersion, kind }: AnyObject, user: UserInfo, now: number): AnyObject => ({
  apiVersion,
  kind,
  metadata: { creationTimestamp: formatTime(now) },
  status: { userInfo: asUserInfo(user) },
})
