/** OpenID Connect: ID tokens of one provider, their claims made a user as the `--oidc-*` flags say. */
import type { JWTPayload } from 'jose'
import type { UserInfo } from '../../machinery/request.js'
import type { OidcConfig } from './configuration.js'
import { audiencesOf, leewaySeconds, quoteList, readToken } from './json-web-token.js'
import { newOidcKeys, type OidcKeysDeps } from './oidc-keys.js'
import { anyOwnAudience, InvalidToken, type TokenHandler } from './token-authenticator.js'

const google = 'https://accounts.google.com'
const issuerOf = (claims: JWTPayload) => (claims.iss === 'accounts.google.com' ? google : claims.iss)

const refuse = (why: string) => new InvalidToken(`oidc: ${why}`)
const goTime = (seconds: number) =>
  new Date(seconds * 1000).toISOString().replace('T', ' ').replace('.000Z', ' +0000 UTC')

/** Throws InvalidToken for a token that is meant for others, too old, too new or signed in a way that is not allowed. */
function checkToken(token: string, config: OidcConfig, now: number): JWTPayload {
  const { header, claims } = readToken(token)!
  const audiences = audiencesOf(claims.aud)
  const verify = (why: string) => refuse(`verify token: oidc: ${why}`)
  if (!audiences.includes(config.clientId))
    throw verify(`expected audience ${JSON.stringify(config.clientId)} got ${quoteList(audiences)}`)
  const exp = claims.exp ?? 0
  if (exp * 1000 < now) throw verify(`token is expired (Token Expiry: ${goTime(exp)})`)
  if (claims.nbf !== undefined && now / 1000 + leewaySeconds < claims.nbf)
    throw verify(
      `current time ${goTime(Math.floor(now / 1000))} before the nbf (not before) time: ${goTime(claims.nbf)}`,
    )
  const { signingAlgs = ['RS256'] } = config
  if (!signingAlgs.includes(header.alg ?? ''))
    throw verify(
      `id token signed with unsupported algorithm, expected ${quoteList(signingAlgs)} got ${JSON.stringify(header.alg ?? '')}`,
    )
  return claims
}

const goKind = (value: unknown) =>
  Array.isArray(value) ? 'array' : value === true || value === false ? 'bool' : typeof value

/** A claim that must be a string. `where` completes upstream's sentence. */
function stringClaim(claims: JWTPayload, name: string, where: string): string {
  const value = claims[name]
  if (value === undefined) throw refuse(`${where}: claim not present`)
  if (typeof value !== 'string')
    throw refuse(`${where}: json: cannot unmarshal ${goKind(value)} into Go value of type string`)
  return value
}

function nameOf(claims: JWTPayload, { issuerUrl, usernameClaim = 'sub', usernamePrefix }: OidcConfig): string {
  const name = stringClaim(claims, usernameClaim, `parse username claims ${JSON.stringify(usernameClaim)}`)
  if (usernameClaim === 'email' && claims.email_verified !== undefined) {
    const verified = claims.email_verified
    if (typeof verified !== 'boolean')
      throw refuse(
        `parse 'email_verified' claim: json: cannot unmarshal ${goKind(verified)} into Go value of type bool`,
      )
    if (!verified) throw refuse('email not verified')
  }
  const standard = usernameClaim === 'email' ? '' : `${issuerUrl}#`
  return (usernamePrefix === '-' ? '' : usernamePrefix || standard) + name
}

function groupsOf(claims: JWTPayload, { groupsClaim, groupsPrefix = '' }: OidcConfig): string[] {
  const value = groupsClaim ? claims[groupsClaim] : undefined
  if (value === undefined || value === null) return []
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list) || list.some(group => typeof group !== 'string'))
    throw refuse(
      `parse groups claim ${JSON.stringify(groupsClaim)}: json: cannot unmarshal ${goKind(value)} into Go value of type string`,
    )
  return list.map(group => groupsPrefix + group)
}

function checkRequired(claims: JWTPayload, { requiredClaims = {} }: OidcConfig): void {
  for (const [name, wanted] of Object.entries(requiredClaims)) {
    if (claims[name] === undefined) throw refuse(`required claim ${name} not present in ID token`)
    const value = stringClaim(claims, name, `parse claim ${name}`)
    if (value !== wanted) throw refuse(`required claim ${name} value does not match. Got = ${value}, want = ${wanted}`)
  }
}

function userOf(claims: JWTPayload, config: OidcConfig): UserInfo {
  const user: UserInfo = { name: nameOf(claims, config), groups: groupsOf(claims, config) }
  checkRequired(claims, config)
  if (typeof claims.jti === 'string' && claims.jti)
    user.extra = { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`] }
  return user
}

/** Good for all of the server's own audiences, as the token's own audience is the client's id. */
export function newOidcTokens(deps: OidcKeysDeps, config: OidcConfig, own: readonly string[]): TokenHandler {
  const keys = newOidcKeys(deps, config.issuerUrl)
  return anyOwnAudience(own, async token => {
    const read = readToken(token)
    if (!read || issuerOf(read.claims) !== config.issuerUrl) return undefined
    if (!keys.ready()) throw refuse('authenticator not initialized')
    const claims = checkToken(token, config, deps.clock.now())
    await keys.verify(token).catch(error => {
      throw refuse(`verify token: failed to verify signature: ${(error as Error).message}`)
    })
    return userOf(claims, config)
  })
}
