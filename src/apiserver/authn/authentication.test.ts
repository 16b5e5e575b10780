import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from '../testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
})
afterAll(() => server[Symbol.asyncDispose]())

const selfReview = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
const whoAmI = async (token: string, headers: Record<string, string> = {}) => {
  const { body } = await server.agent(token).post(selfReview).set(headers).send({}).expect(201)
  return body.status.userInfo
}

test('nobody may see health and version, and no more', async () => {
  await server.agent('').get('/livez').expect(200)
  const { body } = await server.agent('').get('/api/v1/pods').expect(403)
  expect(body.message).toBe(
    'pods is forbidden: User "system:anonymous" cannot list resource "pods" in API group "" at the cluster scope',
  )
})

test.each(['nonsense', 'a.b.c'])('the token %s is refused', async token => {
  const { body } = await server.agent(token).get('/version').expect(401)
  expect(body).toMatchObject({ kind: 'Status', reason: 'Unauthorized', message: 'Unauthorized' })
})

describe('a service account', () => {
  test('is known by its token', async () => {
    expect(await whoAmI(server.adminToken)).toMatchObject({
      username: 'system:serviceaccount:kube-system:admin',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
    })
  })

  test('a token ends a minute after its time, as clocks may differ', async () => {
    const token = await server.tokenOf('default', 'default', { expirationSeconds: 600 })
    await whoAmI(token)
    await server.clock.advance(661_000)
    await server.agent(token).post(selfReview).send({}).expect(401)
  })

  test('a token for others does not open the API', async () => {
    const token = await server.tokenOf('default', 'default', { audiences: ['vault'] })
    await server.agent(token).post(selfReview).send({}).expect(401)
    const review = { spec: { token, audiences: ['vault'] } }
    const answer = await server.call({
      verb: 'create',
      group: 'authentication.k8s.io',
      resource: 'tokenreviews',
      body: review,
    })
    expect(answer.status).toMatchObject({ authenticated: true, audiences: ['vault'] })
  })

  test('a token bound to a pod dies with the pod', async () => {
    const pods = '/api/v1/namespaces/default/pods'
    const agent = server.agent(await server.tokenOf('kube-system', 'admin'))
    await agent.post(pods).send(podBody('bound')).expect(201)
    const ref = { kind: 'Pod', apiVersion: 'v1', name: 'bound' }
    const token = await server.tokenOf('default', 'default', { boundObjectRef: ref })
    expect((await whoAmI(token)).extra['authentication.kubernetes.io/pod-name']).toEqual(['bound'])
    await agent.delete(`${pods}/bound?gracePeriodSeconds=0`).expect(200)
    // Answers are remembered for ten seconds.
    await server.clock.advance(11_000)
    await server.agent(token).post(selfReview).send({}).expect(401)
  })

  test.each([
    [{ expirationSeconds: 5 }, /may not specify a duration less than 10 minutes/],
    [{ boundObjectRef: { kind: 'Pod', apiVersion: 'v1', name: 'nope' } }, /pods "nope" not found/],
    [{ boundObjectRef: { kind: 'Thing', apiVersion: 'v1', name: 'x' } }, /cannot bind token to object of type/],
  ])('asking for %j is refused', async (spec, message) => {
    await expect(server.tokenOf('default', 'default', spec)).rejects.toThrow(message)
  })
})

describe('impersonation', () => {
  let admin: string
  beforeAll(async () => {
    admin = await server.tokenOf('kube-system', 'admin')
  })

  test('makes another of the administrator', async () => {
    const user = await whoAmI(admin, {
      'impersonate-user': 'bob',
      'impersonate-group': 'dev',
      'impersonate-extra-scopes': 'view',
    })
    expect(user).toEqual({ username: 'bob', groups: ['dev', 'system:authenticated'], extra: { scopes: ['view'] } })
  })

  test('of a service account brings its groups', async () => {
    const user = await whoAmI(admin, { 'impersonate-user': 'system:serviceaccount:a:b' })
    expect(user.groups).toEqual(['system:serviceaccounts', 'system:serviceaccounts:a', 'system:authenticated'])
  })

  test('is refused to others', async () => {
    const token = await server.tokenOf('default', 'default')
    const { body } = await server.agent(token).get('/api/v1/pods').set('impersonate-user', 'bob').expect(403)
    expect(body.message).toBe(
      'users "bob" is forbidden: User "system:serviceaccount:default:default" cannot impersonate resource "users" in API group "" at the cluster scope',
    )
  })

  test('without a user is an error', async () => {
    const { text } = await server.agent(admin).get('/api/v1/pods').set('impersonate-group', 'g').expect(400)
    expect(text).toContain('requested [{Group  g    }] without impersonating a user')
  })
})

test('verifiers of tokens find the keys', async () => {
  const admin = server.agent(await server.tokenOf('kube-system', 'admin'))
  const { body } = await admin.get('/.well-known/openid-configuration').expect(200)
  expect(body).toMatchObject({ issuer: 'https://kubernetes.default.svc.cluster.local' })
  const keys = await admin.get('/openid/v1/jwks').expect('content-type', 'application/jwk-set+json')
  expect(keys.body.keys[0]).toMatchObject({ use: 'sig', kty: 'EC', crv: 'P-256', alg: 'ES256' })
})
