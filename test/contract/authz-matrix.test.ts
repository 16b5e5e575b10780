import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ClusterRole } from '../../src/apis/generated/rbac-v1.js'
import { newServerFixture, type ServerFixture } from '../../src/apiserver/testing/server-fixture.js'
import { planRules } from '../../src/controllers/clusterrole-aggregation/controller.js'
import { type Answers, askAll } from '../authz-matrix/ask.js'
import { answerDifferences } from '../authz-matrix/differences.js'
import type { Send } from '../authz-matrix/send.js'
import { setUp } from '../authz-matrix/setup.js'

let server: ServerFixture
beforeAll(async () => {
  server = await newServerFixture()
  for (const name of ['view', 'edit', 'admin']) await putTogether(name)
})
afterAll(() => server[Symbol.asyncDispose]())

/** As the controller of aggregated roles does, which does not run here. */
async function putTogether(name: string): Promise<void> {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
  const { items } = (await server.agent().get(path).expect(200)).body as { items: ClusterRole[] }
  const role = items.find(({ metadata }) => metadata.name === name)!
  await server
    .agent()
    .put(`${path}/${name}`)
    .send({ ...role, rules: planRules(role, items) })
    .expect(200)
}

const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews'

/** Reviews without HTTP: there are tens of thousands. */
const send: Send = async ({ method, path, body, headers = {} }) => {
  if (path === reviews) {
    const call = { verb: 'create', group: 'authorization.k8s.io', resource: 'subjectaccessreviews', body } as const
    return { status: 201, body: await server.call(call) }
  }
  const verb = method.toLowerCase() as 'get' | 'post' | 'patch' | 'delete'
  const asked = server.agent()[verb](path).set('content-type', 'application/json')
  for (const [name, value] of Object.entries(headers)) asked.set(name, value as string)
  const answer = await asked.send(body)
  return { status: answer.status, body: answer.type.endsWith('json') ? answer.body : answer.text }
}

test('everybody may do what the stock server lets them do, and is told the same', async () => {
  const recorded = JSON.parse(readFileSync('test/golden/authz-matrix/answers.json', 'utf8')) as Answers
  await setUp(send)
  expect(answerDifferences(recorded, await askAll(send, recorded.resources))).toEqual([])
}, 120_000)
