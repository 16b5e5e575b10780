/** Webhooks through a whole server, called over TLS; texts as the stock server gives them. */
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { issueCertificate, type KeyPair, newAuthority } from '../../../machinery/pki/certificates.js'
import { newServerFixture, type ServerFixture } from '../../testing/server-fixture.js'

interface Review {
  request: Record<string, unknown> & { uid: string; object?: { data?: Record<string, string> } }
}
type Answer = (review: Review) => object

const group = '/apis/admissionregistration.k8s.io/v1'
const maps = '/api/v1/namespaces/default/configmaps'
/** What the hook at a path answers. */
const answers = new Map<string, Answer>()
const asked: Review['request'][] = []
let authority: KeyPair
let hooks: Server
let server: ServerFixture

beforeAll(async () => {
  const now = Date.now()
  authority = newAuthority('hooks-ca', now, 1)
  const { certificate, key } = issueCertificate(authority, {
    commonName: 'hooks',
    hosts: ['127.0.0.1', 'hook.default.svc'],
    usage: 'server',
    now,
    days: 1,
  })
  hooks = createServer({ cert: certificate, key }, async (request, response) => {
    const review = JSON.parse(await text(request)) as Review
    asked.push(review.request)
    const answer = answers.get(new URL(request.url ?? '', 'https://x').pathname)
    // Silence: the caller's patience is at its end.
    if (!answer) return server.clock.advance(1000)
    const reply = { uid: review.request.uid, ...answer(review) }
    response.end(JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: reply }))
  })
  await new Promise<void>(resolve => hooks.listen(0, '127.0.0.1', resolve))
  server = await newServerFixture()
})
afterAll(async () => {
  hooks.closeAllConnections()
  hooks.close()
  await server[Symbol.asyncDispose]()
})
afterEach(async () => {
  asked.length = 0
  for (const sort of ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'])
    await server.agent().delete(`${group}/${sort}`).expect(200)
})

const caBundle = () => Buffer.from(authority.certificate).toString('base64')
const urlOf = (path: string) => `https://127.0.0.1:${(hooks.address() as AddressInfo).port}${path}`

async function install(kind: 'Validating' | 'Mutating', name: string, answer: Answer | undefined, more: object = {}) {
  if (answer) answers.set(`/${name}`, answer)
  const webhook = {
    name: `${name}.example.com`,
    admissionReviewVersions: ['v1'],
    sideEffects: 'None',
    timeoutSeconds: 1,
    clientConfig: { url: urlOf(`/${name}`), caBundle: caBundle() },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'DELETE'], resources: ['configmaps'] }],
    ...more,
  }
  const configuration = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks: [webhook],
  }
  await server.agent().post(`${group}/${kind.toLowerCase()}webhookconfigurations`).send(configuration).expect(201)
}

const create = (name: string, data?: object) => server.agent().post(maps).send({ metadata: { name }, data })
const patchOf = (operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
})
const failed = (name: string, why: string) =>
  `Internal error occurred: failed calling webhook "${name}.example.com": ${why}`

describe('a validating webhook', () => {
  test('is told of the request, and refuses in its own words and code', async () => {
    await install('Validating', 'no', () => ({ allowed: false, status: { code: 418, message: 'no tea' } }))
    const { body } = await create('a').expect(418)
    expect(body.message).toBe('admission webhook "no.example.com" denied the request: no tea')
    expect(asked[0]).toMatchObject({
      kind: { group: '', version: 'v1', kind: 'ConfigMap' },
      resource: { group: '', version: 'v1', resource: 'configmaps' },
      operation: 'CREATE',
      name: 'a',
      namespace: 'default',
      object: { kind: 'ConfigMap', metadata: { name: 'a' } },
      oldObject: null,
      dryRun: false,
      options: { kind: 'CreateOptions', apiVersion: 'meta.k8s.io/v1' },
    })
    expect((await server.agent().get('/metrics')).text).toContain(
      'apiserver_admission_webhook_rejection_count{error_type="no_error",name="no.example.com",operation="CREATE",rejection_code="418",type="validating"} 1',
    )
  })

  test('is told what a deletion removes', async () => {
    await create('gone').expect(201)
    await install('Validating', 'keep', () => ({ allowed: false }))
    const { body } = await server.agent().delete(`${maps}/gone`).expect(400)
    expect(body.message).toBe('admission webhook "keep.example.com" denied the request without explanation')
    expect(asked[0]).toMatchObject({ operation: 'DELETE', object: null, oldObject: { metadata: { name: 'gone' } } })
  })

  test('that answers another question fails closed, or open when told so', async () => {
    await install('Validating', 'other', () => ({ uid: 'x', allowed: true }))
    const { body } = await create('b').expect(500)
    expect(body.message).toMatch(failed('other', 'received invalid webhook response: expected response.uid='))
    await server.agent().delete(`${group}/validatingwebhookconfigurations/other`).expect(200)
    await install('Validating', 'other', () => ({ uid: 'x', allowed: true }), { failurePolicy: 'Ignore' })
    await create('b').expect(201)
  })

  test('that nobody serves fails closed', async () => {
    const clientConfig = { service: { namespace: 'default', name: 'nobody', path: '/x' }, caBundle: caBundle() }
    await install('Validating', 'nobody', undefined, { clientConfig })
    const { body } = await create('c').expect(500)
    const why = 'failed to call webhook: Post "https://nobody.default.svc:443/x?timeout=1s": service "nobody" not found'
    expect(body.message).toBe(failed('nobody', why))
  })

  test('that is slow is given up', async () => {
    await install('Validating', 'slow', undefined)
    const { body } = await create('d').expect(500)
    const why = `failed to call webhook: Post "${urlOf('/slow')}?timeout=1s": context deadline exceeded`
    expect(body.message).toBe(failed('slow', why))
  })

  test('is called only where its conditions hold', async () => {
    const matchConditions = [{ name: 'some', expression: "object.metadata.name.startsWith('x')" }]
    await install('Validating', 'some', () => ({ allowed: false }), { matchConditions })
    await create('y').expect(201)
    await create('x').expect(400)
  })

  test('without side effects hears of dry runs', async () => {
    await install('Validating', 'effects', () => ({ allowed: true }))
    await create('e').query({ dryRun: 'All' }).expect(201)
    expect(asked[0]).toMatchObject({ dryRun: true })
  })
})

describe('mutating webhooks', () => {
  test('change objects one after the other, and once more after later changes', async () => {
    const append = (text: string) => (review: Review) =>
      patchOf([{ op: 'add', path: '/data/seen', value: `${review.request.object?.data?.seen ?? ''}${text}` }])
    await install('Mutating', 'first', append('1'), { reinvocationPolicy: 'IfNeeded' })
    await install('Mutating', 'second', append('2'))
    const { body } = await create('m', { seen: '' }).expect(201)
    expect(body.data).toEqual({ seen: '121' })
  })

  test('what they add is read as if a client had sent it', async () => {
    await install('Mutating', 'wrong', () => patchOf([{ op: 'add', path: '/data', value: 'text' }]))
    const { body } = await create('n').expect(500)
    expect(body.message).toContain('cannot unmarshal string into Go struct field ConfigMap.data')
    await server.agent().delete(`${group}/mutatingwebhookconfigurations/wrong`).expect(200)
    await install('Mutating', 'wrong', () => patchOf([{ op: 'remove', path: '/nope/x' }]))
    const missing = await create('n').expect(500)
    expect(missing.body.message).toBe(
      'Internal error occurred: remove operation does not apply: doc is missing path: "/nope/x": missing value',
    )
  })
})
