/** Turns a bearer token into a user: asks those who know a form of token in turn, and remembers their answers for a while. */
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { anonymous, authenticatedGroup, unauthenticatedGroup } from './user.js'

export interface TokenIdentity {
  user: UserInfo
  /** Those of the token that were asked for. */
  audiences: readonly string[]
}

/** Why a token is refused; the text is upstream's and shown in token reviews only. */
export class InvalidToken extends Error {}

export interface TokenRequestContext {
  /** At least one must be the token's. */
  audiences: readonly string[]
  /** A `Warning` to whoever uses the token. */
  warn(message: string): void
}

/** Knows one form of token. Undefined: not of this form; throws InvalidToken for one that is, and is not good. */
export type TokenHandler = (token: string, context: TokenRequestContext) => Promise<TokenIdentity | undefined>

export interface TokenAuthenticator {
  /** Throws InvalidToken. `audiences`: at least one must be the token's; default: the server's own. */
  authenticate(token: string, audiences?: readonly string[], warn?: (message: string) => void): Promise<TokenIdentity>
}

// As long as upstream: a deleted pod's token works at most this much longer.
const cacheMilliseconds = 10_000
const maxCached = 10_000

/** Whoever shows a good credential is in that group. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  const { name, groups } = user
  const knows = groups.includes(authenticatedGroup) || groups.includes(unauthenticatedGroup)
  return knows || name === anonymous.name ? user : { ...user, groups: [...groups, authenticatedGroup] }
}

/** A handler whose tokens say nothing of audiences: they are good for all of the server's own. */
export const anyOwnAudience =
  (
    own: readonly string[],
    find: (token: string) => Promise<UserInfo | undefined> | UserInfo | undefined,
  ): TokenHandler =>
  async (token, { audiences }) => {
    const agreed = own.filter(audience => audiences.includes(audience))
    const user = agreed.length ? await find(token) : undefined
    return user && { user, audiences: agreed }
  }

interface Remembered {
  identity: TokenIdentity
  warnings: readonly string[]
  until: number
}

/** `own` are the audiences that the server itself answers to. */
export function newTokenAuthenticator(
  clock: Clock,
  handlers: readonly TokenHandler[],
  own: readonly string[],
): TokenAuthenticator {
  const cache = new Map<string, Remembered>()

  const ask = async (token: string, context: TokenRequestContext): Promise<TokenIdentity> => {
    const reasons: string[] = []
    for (const handler of handlers) {
      try {
        const found = await handler(token, context)
        if (found) return { ...found, user: withAuthenticatedGroup(found.user) }
      } catch (error) {
        if (!(error instanceof InvalidToken)) throw error
        reasons.push(error.message)
      }
    }
    throw new InvalidToken(reasons.length > 1 ? `[${[...new Set(reasons)].join(', ')}]` : (reasons[0] ?? ''))
  }

  return {
    async authenticate(token, audiences = own, warn = () => {}) {
      const key = audiences === own ? token : `${token}\0${audiences.join('\0')}`
      const now = clock.monotonic()
      let known = cache.get(key)
      if (!known || known.until <= now) {
        const warnings: string[] = []
        const identity = await ask(token, { audiences, warn: message => warnings.push(message) })
        if (cache.size >= maxCached) cache.clear()
        known = { identity, warnings, until: now + cacheMilliseconds }
        cache.set(key, known)
      }
      for (const warning of known.warnings) warn(warning)
      return known.identity
    },
  }
}
