import { beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import type { OidcConfig } from './configuration.js'
import { newOidcTokens } from './oidc.js'
import type { TokenHandler } from './token-authenticator.js'

const issuerUrl = 'https://issuer.example'
const clock = new FakeClock(Date.UTC(2026, 0, 1))
const now = clock.now() / 1000
let keys: Record<'first' | 'second', Awaited<ReturnType<typeof generateKeyPair>>>
let published: ('first' | 'second')[] = ['first']

beforeAll(async () => {
  keys = { first: await generateKeyPair('RS256'), second: await generateKeyPair('RS256') }
})

const fetchJson = async (url: string) => {
  if (url === `${issuerUrl}/.well-known/openid-configuration`)
    return { issuer: issuerUrl, jwks_uri: `${issuerUrl}/keys` }
  const jwks = published.map(async kid => ({ ...(await exportJWK(keys[kid].publicKey)), kid, alg: 'RS256' }))
  return { keys: await Promise.all(jwks) }
}

const sign = (claims: object, kid: 'first' | 'second' = 'first', alg = 'RS256') =>
  new SignJWT({ iss: issuerUrl, aud: 'client', sub: 'jane', exp: now + 60, ...claims })
    .setProtectedHeader({ alg, kid })
    .sign(keys[kid].privateKey)

async function handler(config: Partial<OidcConfig> = {}): Promise<TokenHandler> {
  const made = newOidcTokens({ clock, log: silentLogger, fetchJson }, { issuerUrl, clientId: 'client', ...config }, [
    'api',
  ])
  await new Promise(resolve => setImmediate(resolve))
  return made
}
const context = { audiences: ['api'], warn: () => {} }

describe('claims become a user', () => {
  test.each([
    ['by default', {}, {}, { name: `${issuerUrl}#jane`, groups: [] }],
    ['without a prefix', { usernamePrefix: '-' }, {}, { name: 'jane', groups: [] }],
    [
      'with prefixes',
      { usernamePrefix: 'o:', groupsClaim: 'g', groupsPrefix: 'o:' },
      { g: ['a', 'b'] },
      { name: 'o:jane', groups: ['o:a', 'o:b'] },
    ],
    [
      'with a group that is a string',
      { usernamePrefix: '-', groupsClaim: 'role' },
      { role: 'admin' },
      { name: 'jane', groups: ['admin'] },
    ],
    ['by address', { usernameClaim: 'email' }, { email: 'j@x', email_verified: true }, { name: 'j@x', groups: [] }],
    [
      'with what is required',
      { usernamePrefix: '-', requiredClaims: { hd: 'x' } },
      { hd: 'x' },
      { name: 'jane', groups: [] },
    ],
    [
      'with its id',
      { usernamePrefix: '-' },
      { jti: '7' },
      { name: 'jane', groups: [], extra: { 'authentication.kubernetes.io/credential-id': ['JTI=7'] } },
    ],
  ])('%s', async (_how, config, claims, user) => {
    const found = await (await handler(config))(await sign(claims), context)
    expect(found).toEqual({ user, audiences: ['api'] })
  })
})

describe('a token is refused', () => {
  test.each([
    ['for another client', {}, { aud: 'other' }, 'oidc: verify token: oidc: expected audience "client" got ["other"]'],
    [
      'past its time',
      {},
      { exp: now - 1 },
      'oidc: verify token: oidc: token is expired (Token Expiry: 2025-12-31 23:59:59 +0000 UTC)',
    ],
    ['before its time', {}, { nbf: now + 61 }, 'before the nbf (not before) time'],
    [
      'signed in another way',
      { signingAlgs: ['ES256'] },
      {},
      'oidc: verify token: oidc: id token signed with unsupported algorithm, expected ["ES256"] got "RS256"',
    ],
    ['without the name', { usernameClaim: 'nick' }, {}, 'oidc: parse username claims "nick": claim not present'],
    [
      'with a name that is a number',
      { usernameClaim: 'n' },
      { n: 3 },
      'oidc: parse username claims "n": json: cannot unmarshal number into Go value of type string',
    ],
    [
      'of an address nobody verified',
      { usernameClaim: 'email' },
      { email: 'j@x', email_verified: false },
      'oidc: email not verified',
    ],
    [
      'without what is required',
      { requiredClaims: { hd: 'x' } },
      {},
      'oidc: required claim hd not present in ID token',
    ],
    [
      'with another value than required',
      { requiredClaims: { hd: 'x' } },
      { hd: 'y' },
      'oidc: required claim hd value does not match. Got = y, want = x',
    ],
  ])('%s', async (_why, config, claims, message) => {
    const token = await sign(claims)
    await expect((await handler(config))(token, context)).rejects.toThrow(message)
  })

  test('when its key is not the issuer’s, until the issuer has it', async () => {
    const ask = await handler()
    await ask(await sign({}), context)
    await expect(ask(await sign({}, 'second'), context)).rejects.toThrow(
      'oidc: verify token: failed to verify signature',
    )
    published = ['first', 'second']
    expect((await ask(await sign({}, 'second'), context))?.user.name).toBe(`${issuerUrl}#jane`)
  })

  test('while the issuer has not been reached; it is tried again', async () => {
    let reachable = false
    const flaky = async (url: string) => {
      if (!reachable) throw new Error('no route')
      return fetchJson(url)
    }
    const ask = newOidcTokens({ clock, log: silentLogger, fetchJson: flaky }, { issuerUrl, clientId: 'client' }, [
      'api',
    ])
    await expect(ask(await sign({}), context)).rejects.toThrow('oidc: authenticator not initialized')
    reachable = true
    await clock.advance(10_000)
    await new Promise(resolve => setImmediate(resolve))
    expect(await ask(await sign({ exp: now + 600 }), context)).toBeDefined()
  })
})

test('tokens of other issuers are left to others', async () => {
  const ask = await handler()
  expect(await ask(await sign({ iss: 'https://other' }), context)).toBeUndefined()
  expect(await ask('no.jwt', context)).toBeUndefined()
})
