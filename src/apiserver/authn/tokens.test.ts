import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'
import { parseTokenFile } from './token-file.js'

let server: ServerFixture
beforeAll(async () => {
  const tokens = parseTokenFile('file-token,bob,uid-7,"dev,ops"\n\nbare,eve,\n')
  server = await newServerFixture({ authentication: { tokens } })
})
afterAll(() => server[Symbol.asyncDispose]())

const selfReview = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const whoAmI = async (token: string) =>
  (await server.agent(token).post(selfReview).send({}).expect(201)).body.status.userInfo
const refused = (token: string) => server.agent(token).post(selfReview).send({}).expect(401)

describe('a token file', () => {
  test('names users, their ids and groups', async () => {
    const groups = ['dev', 'ops', 'system:authenticated']
    expect(await whoAmI('file-token')).toEqual({ username: 'bob', uid: 'uid-7', groups })
    expect(await whoAmI('bare')).toEqual({ username: 'eve', groups: ['system:authenticated'] })
  })

  test.each([
    ['a,b', 'must have at least 3 columns (token, user name, user uid), found 2'],
    ['a"b,c,d', 'has a quote that is out of place in line 1'],
  ])('with the line %s cannot be read', (line, why) => expect(() => parseTokenFile(line)).toThrow(why))
})

describe('a bootstrap token', () => {
  const secret = (id: string, data: Record<string, string>) =>
    server
      .agent()
      .post('/api/v1/namespaces/kube-system/secrets')
      .send({
        metadata: { name: `bootstrap-token-${id}` },
        type: 'bootstrap.kubernetes.io/token',
        stringData: { 'token-id': id, 'token-secret': '0123456789abcdef', ...data },
      })
      .expect(201)
  const usable = { 'usage-bootstrap-authentication': 'true' }

  test('lets a new node in', async () => {
    await secret('aaaaaa', { ...usable, 'auth-extra-groups': 'system:bootstrappers:worker' })
    expect(await whoAmI('aaaaaa.0123456789abcdef')).toEqual({
      username: 'system:bootstrap:aaaaaa',
      groups: ['system:bootstrappers', 'system:bootstrappers:worker', 'system:authenticated'],
    })
    await refused('aaaaaa.0123456789abcdee')
  })

  test.each([
    ['bbbbbb', 'is not for authentication', {}],
    ['cccccc', 'has expired', { ...usable, expiration: '2000-01-01T00:00:00Z' }],
    ['dddddd', 'has a time that cannot be read', { ...usable, expiration: 'tomorrow' }],
    ['eeeeee', 'has groups of others', { ...usable, 'auth-extra-groups': 'system:masters' }],
  ])('%s, which %s, is refused', async (id, _why, data) => {
    await secret(id, data)
    await refused(`${id}.0123456789abcdef`)
  })
})

describe('a token in a secret', () => {
  const secrets = '/api/v1/namespaces/default/secrets'

  /** As the tokens controller does it. */
  async function legacyToken(name: string): Promise<string> {
    const annotations = { 'kubernetes.io/service-account.name': 'default' }
    const metadata = { name, annotations }
    await server.agent().post(secrets).send({ metadata, type: 'kubernetes.io/service-account-token' }).expect(201)
    const { body: account } = await server.agent().get('/api/v1/namespaces/default/serviceaccounts/default')
    const token = await server.signLegacyToken(
      { namespace: 'default', name: 'default', uid: account.metadata.uid },
      name,
    )
    await patch(`${secrets}/${name}`, { data: { token: Buffer.from(token).toString('base64') } })
    return token
  }
  const patch = (path: string, body: object) =>
    server.agent().patch(path).set('content-type', 'application/merge-patch+json').send(body).expect(200)

  test('is its account', async () => {
    const token = await legacyToken('one')
    expect(await whoAmI(token)).toMatchObject({
      username: 'system:serviceaccount:default:default',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
    })
    const { body } = await server.agent().get(`${secrets}/one`)
    expect(body.metadata.labels).toMatchObject({
      'kubernetes.io/legacy-token-last-used': new Date(server.clock.now()).toISOString().slice(0, 10),
    })
  })

  test('is warned of where the account lists it', async () => {
    const token = await legacyToken('two')
    await patch('/api/v1/namespaces/default/serviceaccounts/default', { secrets: [{ name: 'two' }] })
    const { headers } = await server.agent(token).post(selfReview).send({}).expect(201)
    expect(headers.warning).toContain('Use tokens from the TokenRequest API')
  })

  test('that was marked invalid is refused, and the review says why', async () => {
    const token = await legacyToken('three')
    await patch(`${secrets}/three`, {
      metadata: { labels: { 'kubernetes.io/legacy-token-invalid-since': '2024-01-01' } },
    })
    await refused(token)
    const body = { spec: { token } }
    const call = { verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews', body } as const
    const { status } = await server.call(call)
    expect((status as { error: string }).error).toContain(
      'the token in secret default/three for service account default/default has been marked invalid',
    )
  })

  test('dies with the secret', async () => {
    const token = await legacyToken('four')
    await server.agent().delete(`${secrets}/four`).expect(200)
    await refused(token)
  })
})

test.each([
  ['Basic abc', 403, undefined],
  ['Bearer', 403, undefined],
  ['Bearer  file-token', 403, 'extra space before the bearer token'],
  ['bearer file-token rest', 201, undefined],
  ['Bearer nope', 401, undefined],
])('Authorization: %s is answered by %s', async (header, code, warning) => {
  const { headers } = await server.agent('').post(selfReview).set('authorization', header).send({}).expect(code)
  if (warning) expect(headers.warning).toContain(warning)
  else expect(headers.warning).toBeUndefined()
})
