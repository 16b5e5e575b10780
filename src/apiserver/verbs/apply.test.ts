import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ManagedFieldsEntry } from '../../machinery/object-meta.js'
import { newServerFixture, type ServerFixture } from '../testing/server-fixture.js'

/** What the stock server answered to one request after the other; bodies and field sets stand in tables of their own. */
interface Recording {
  bodies: Record<string, unknown>[]
  sets: unknown[]
  steps: {
    request: string
    type?: string
    body?: number
    userAgent?: string
    code: number
    message?: string
    /** manager, operation, apiVersion, subresource, whether it has a time, fieldsV1 */
    managers?: [string, string, string, string, boolean, number][]
    /** Of an apply: what the object became. */
    labels?: unknown
    content?: number
  }[]
}

const golden = new URL('../../../test/golden/apply/', import.meta.url)
const namespace = 'apply-recorded'
let server: ServerFixture

beforeAll(async () => {
  server = await newServerFixture()
  await server.call({ verb: 'create', group: '', resource: 'namespaces', body: { metadata: { name: namespace } } })
  await server.createAccount(namespace, 'default')
})

afterAll(() => server[Symbol.asyncDispose]())

/** Entries of one second have no order of their own. */
const byIdentity = (a: unknown[], b: unknown[]) =>
  JSON.stringify(a.slice(0, 4)) < JSON.stringify(b.slice(0, 4)) ? -1 : 1

const managersOf = (entries: ManagedFieldsEntry[] = []) =>
  entries
    .map(({ manager, operation, apiVersion, subresource = '', time, fieldsV1 }) => {
      // As text: the order of paths counts.
      return [manager, operation, apiVersion, subresource, time !== undefined, JSON.stringify(fieldsV1)]
    })
    .sort(byIdentity)

/** Bad input is 4xx here, where upstream's plain errors become 500: see docs/decisions. */
const codeOf = (code: number) => (code === 500 ? 400 : code)

test.each(readdirSync(golden).filter(file => file.endsWith('.json')))('managed fields of %s', async file => {
  const { bodies, sets, steps } = JSON.parse(readFileSync(new URL(file, golden), 'utf8')) as Recording
  const agent = server.agent()
  for (const [i, step] of steps.entries()) {
    const [method = '', path = ''] = step.request.split(' ')
    const send = agent[method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](path)
    send.set('user-agent', step.userAgent ?? 'tester/1.0')
    if (step.type) send.type(step.type).send(JSON.stringify(bodies[step.body!]))
    const { status, body } = await send
    const at = `${i} ${step.request}`
    expect([at, status, body.message]).toEqual([at, codeOf(step.code), step.message ?? body.message])
    if (step.managers) {
      const expected = step.managers.map(([m, o, v, s, t, set]) => [m, o, v, s, t, JSON.stringify(sets[set])])
      expect([at, managersOf(body.metadata.managedFields)]).toEqual([at, expected.sort(byIdentity)])
    }
    if (step.content !== undefined) {
      const { metadata, ...content } = body
      expect([at, content, metadata.labels ?? null]).toEqual([at, bodies[step.content], step.labels])
    }
  }
})
