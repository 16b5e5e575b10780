/** The conversations of test/contract/requests, answered by the server in this process as the stock v1.34.4 server answered them. */
import { readFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { newServerFixture, type ServerFixture } from '../../src/apiserver/testing/server-fixture.js'
import { areas } from './requests/areas.js'
import type { Answer, Case, RawAnswer, Send } from './requests/case.js'
import { acceptedDifferences } from './requests/differences.js'
import { play } from './requests/play.js'

const namespace = 'golden-requests'
let server: ServerFixture
let send: Send
let close = () => {}
beforeAll(async () => {
  server = await newServerFixture()
  await server.call({ verb: 'create', group: '', resource: 'namespaces', body: { metadata: { name: namespace } } })
  const { url, http } = await server.listen()
  close = () => http.close()
  send = ({ method, path, headers, body }) =>
    new Promise<RawAnswer>((resolve, reject) => {
      const all = { authorization: `Bearer ${server.adminToken}`, ...headers }
      const request = httpRequest(`${url}${path}`, { method, headers: all }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
      })
      request.on('error', reject)
      request.end(body)
    })
})
afterAll(async () => {
  close()
  await server[Symbol.asyncDispose]()
})

/** A 500 for nonsense is a 400 here, with the same message: docs/decisions/0005. */
function asDecided(answer: Answer): Answer {
  const body = answer.body as { code?: number; message?: string } | null
  if (answer.code !== 500 || typeof body !== 'object' || body === null) return answer
  return { ...answer, code: 400, body: { ...body, code: 400, reason: 'BadRequest' } }
}

/** Each conversation with its answers. */
function recorded(area: string, cases: readonly Case[]): { conversation: Case; answers: Answer[] }[] {
  const lines = readFileSync(`test/golden/requests/${area}.jsonl`, 'utf8').trimEnd().split('\n')
  let at = 0
  return cases.map(conversation => {
    const count = conversation.steps.filter(step => !step.quiet).length
    at += count
    return { conversation, answers: lines.slice(at - count, at).map(line => JSON.parse(line) as Answer) }
  })
}

describe.each(Object.entries(areas))('%s', (area, cases) => {
  test.each(recorded(area, cases))('$conversation.name', async ({ conversation, answers }) => {
    const accepted: Readonly<Record<string, readonly number[]>> = acceptedDifferences
    const known = new Set(accepted[conversation.name])
    const ours = await play(conversation, send, namespace)
    const steps = conversation.steps.filter(step => !step.quiet)
    expect(ours).toHaveLength(answers.length)
    ours.forEach((answer, i) => {
      const { method = 'GET', path, body } = steps[i]!
      const step = `${i} ${method} ${path} ${typeof body === 'string' ? body.slice(0, 200) : JSON.stringify(body)}`
      if (!known.has(i)) expect({ step, ...answer }).toEqual({ step, ...asDecided(answers[i]!) })
    })
  })
})
