import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newServerFixture, podBody, type ServerFixture } from '../../testing/server-fixture.js'

let server: ServerFixture
beforeAll(async () => {
  const exemptions = { namespaces: ['exempt'], runtimeClasses: ['sandboxed'], usernames: ['trusted'] }
  server = await newServerFixture({ admission: { podSecurity: { defaults: { audit: 'baseline' }, exemptions } } })
})
afterAll(() => server[Symbol.asyncDispose]())

const label = (key: string) => `pod-security.kubernetes.io/${key}`
const labels = (of: Record<string, string>) =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [label(key), value]))

async function namespace(name: string, of: Record<string, string>) {
  await server
    .agent()
    .post('/api/v1/namespaces')
    .send({ metadata: { name, labels: labels(of) } })
    .expect(201)
  await server.createAccount(name, 'default')
  return name
}

const pods = (name: string) => `/api/v1/namespaces/${name}/pods`
const privileged = (name: string, spec: object = {}) =>
  podBody(name, { containers: [{ name: 'c', image: 'i', securityContext: { privileged: true } }], ...spec })
const detail = 'privileged (container "c" must not set securityContext.privileged=true)'

test('a pod that breaks the enforced level is refused', async () => {
  await namespace('enforced', { enforce: 'baseline', 'enforce-version': 'v1.30' })
  const { body } = await server.agent().post(pods('enforced')).send(privileged('p')).expect(403)
  expect(body).toMatchObject({
    message: `pods "p" is forbidden: violates PodSecurity "baseline:v1.30": ${detail}`,
    reason: 'Forbidden',
    details: { name: 'p', kind: 'pods' },
  })
})

test('a pod that breaks the level warned of is created with a warning', async () => {
  await namespace('warned', { warn: 'baseline' })
  const { headers } = await server.agent().post(pods('warned')).send(privileged('p')).expect(201)
  const text = `would violate PodSecurity "baseline:latest": ${detail}`
  expect(headers.warning).toBe(`299 - ${JSON.stringify(text)}`)
})

test('a template is never refused, but warned of', async () => {
  await namespace('templates', { enforce: 'baseline' })
  const template = { metadata: { labels: { a: 'b' } }, spec: privileged('x').spec }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  const { headers } = await server
    .agent()
    .post('/apis/apps/v1/namespaces/templates/deployments')
    .send({ metadata: { name: 'd' }, spec })
    .expect(201)
  expect(headers.warning).toContain('would violate PodSecurity')
})

test.each([
  ['enforce', 'strict', 'must be one of privileged, baseline, restricted'],
  ['warn-version', '1.2', 'must be "latest" or "v1.x"'],
  ['audit-version', 'v1.02', 'must be "latest" or "v1.x"'],
])('a namespace with %s=%s is invalid', async (key, value, why) => {
  const body = { metadata: { name: 'bad', labels: labels({ [key]: value }) } }
  const answer = await server.agent().post('/api/v1/namespaces').send(body).expect(422)
  const field = `metadata.labels[${label(key)}]`
  expect(answer.body.message).toBe(
    `Namespace "bad" is invalid: ${field}: Invalid value: ${JSON.stringify(value)}: ${why}`,
  )
})

const patchLabels = (name: string, of: Record<string, string>) =>
  server
    .agent()
    .patch(`/api/v1/namespaces/${name}`)
    .set('content-type', 'application/merge-patch+json')
    .send({ metadata: { labels: labels(of) } })
    .expect(200)

test('who enforces more hears which pods are in the way', async () => {
  await namespace('tightened', {})
  for (const name of ['b', 'a', 'c']) await server.agent().post(pods('tightened')).send(privileged(name)).expect(201)
  await server
    .agent()
    .post(pods('tightened'))
    .send(podBody('net', { hostNetwork: true }))
    .expect(201)
  const { headers } = await patchLabels('tightened', { enforce: 'baseline' })
  const warnings = [...headers.warning!.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(match => JSON.parse(match[1]!))
  expect(warnings).toEqual([
    'existing pods in namespace "tightened" violate the new PodSecurity enforce level "baseline:latest"',
    'a (and 2 other pods): privileged',
    'net: host namespaces',
  ])
  const relaxed = await patchLabels('tightened', { enforce: 'privileged' })
  expect(relaxed.headers.warning).toBeUndefined()
})

test('what is exempt may do anything', async () => {
  const body = { metadata: { name: 'exempt', labels: labels({ enforce: 'restricted', audit: 'baseline' }) } }
  const made = await server.agent().post('/api/v1/namespaces').send(body).expect(201)
  expect(made.headers.warning).toContain(
    'is exempt from Pod Security, and the policy (enforce=restricted:latest, audit=baseline:latest) will be ignored',
  )
  await server.createAccount('exempt', 'default')
  await server.agent().post(pods('exempt')).send(privileged('p')).expect(201)
  await namespace('strict', { enforce: 'restricted' })
  const trusted = server.agent().post(pods('strict')).set('impersonate-user', 'trusted')
  await trusted.set('impersonate-group', 'system:masters').send(privileged('p')).expect(201)
})

test('a change of a pod counts where it brings other images', async () => {
  await namespace('changed', {})
  await server.agent().post(pods('changed')).send(privileged('p')).expect(201)
  await patchLabels('changed', { enforce: 'baseline' })
  const change = (patch: object) =>
    server
      .agent()
      .patch(`${pods('changed')}/p`)
      .set('content-type', 'application/strategic-merge-patch+json')
      .send(patch)
  await change({ metadata: { labels: { x: 'y' } } }).expect(200)
  const { body } = await change({ spec: { containers: [{ name: 'c', image: 'other' }] } }).expect(403)
  expect(body.message).toContain('violates PodSecurity "baseline:latest"')
})

test('evaluations are counted', async () => {
  const text = await server.metrics.metrics()
  expect(text).toContain(
    'pod_security_evaluations_total{decision="deny",policy_level="baseline",policy_version="v1.30",mode="enforce",request_operation="create",resource="pod",subresource=""} 1',
  )
  expect(text).toMatch(/pod_security_exemptions_total\{request_operation="create",resource="pod",subresource=""\} 2/)
})
