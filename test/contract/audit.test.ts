/** The audit log, line by line beside what a stock server of v1.34.4 wrote for the same requests. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import type { ApiServer } from '../../src/apiserver/server.js'
import { readApiServerConfig } from '../../src/cli/api-server-config.js'
import { ensurePki } from '../../src/cli/pki/pki.js'
import { type AuditCase, auditCases, auditPolicy, normalizeAuditEvent } from './audit-cases.js'
import { startTestApiServer } from './start-api-server.js'

const userAgent = 'audit-test/1'
let directory: string
let log: string
let server: ApiServer

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'minik8s-audit-'))
  const write = async (name: string, text: string) => {
    await writeFile(join(directory, name), text)
    return join(directory, name)
  }
  log = join(directory, 'audit.log')
  const config = await readApiServerConfig({
    'token-auth-file': await write('tokens.csv', 'peer,admin,admin,system:masters\n'),
    'audit-policy-file': await write('policy.yaml', JSON.stringify(auditPolicy)),
    'audit-log-path': log,
  })
  const pki = await ensurePki({ directory, hosts: ['127.0.0.1'], now: Date.now() })
  server = await startTestApiServer(pki, config)
})
afterAll(async () => {
  await server.stop()
  await rm(directory, { recursive: true })
})

function send({ method = 'GET', path, body, headers, token = 'peer' }: AuditCase): Promise<number> {
  const all = { 'user-agent': userAgent, ...headers, ...(token && { authorization: `Bearer ${token}` }) }
  const text = body && JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const request = https.request(`${server.url}${path}`, { method, headers: all, rejectUnauthorized: false })
    request.on('response', response => response.resume().on('end', () => resolve(response.statusCode ?? 0)))
    request.on('error', reject)
    // Node sends the body of a DELETE without saying that there is one.
    if (text) request.setHeader('content-length', Buffer.byteLength(text))
    request.end(text)
  })
}

/** What was written until now for the requests of this test. */
const lines = async () => (await readFile(log, 'utf8')).split('\n').filter(line => line.includes(userAgent))

interface Recorded {
  request: string
  code: number
  events: object[]
}

/** Audit lines of the response are complete a moment after their client has it. */
async function eventsAfter(before: number, count: number): Promise<object[]> {
  for (let tries = 0; (await lines()).length < before + count && tries < 500; tries++)
    await new Promise(resolve => setTimeout(resolve, 2))
  return (await lines()).slice(before).map(normalizeAuditEvent)
}

test('what stock writes is written', async () => {
  const golden = new URL('../golden/audit/events.json', import.meta.url)
  const recorded: Recorded[] = JSON.parse(await readFile(golden, 'utf8'))
  const played: Recorded[] = []
  for (const [i, each] of auditCases.entries()) {
    const before = (await lines()).length
    const code = await send(each)
    const events = await eventsAfter(before, recorded[i]?.events.length ?? 0)
    played.push({ request: `${each.method ?? 'GET'} ${each.path}`, code, events })
  }
  expect(played).toEqual(recorded)
})

test('calls within the process are written too, with the path they would have', async () => {
  const user = { name: 'system:serviceaccount:kube-system:job-controller', groups: ['system:masters'] }
  const request = { group: '', version: 'v1', resource: 'configmaps', namespace: 'audited', userAgent, user }
  const metadata = { name: 'inside' }
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata }
  const before = (await lines()).length
  await server.handler({ ...request, verb: 'create', body: structuredClone(body), write: { fieldManager: 'me' } })
  await expect(server.handler({ ...request, verb: 'delete', name: 'none' })).rejects.toThrow('not found')
  expect(await eventsAfter(before, 2)).toMatchObject([
    {
      ...{ stage: 'ResponseComplete', verb: 'create', user: { username: user.name }, sourceIPs: ['127.0.0.1'] },
      requestURI: '/api/v1/namespaces/audited/configmaps?fieldManager=me',
      objectRef: { resource: 'configmaps', namespace: 'audited', name: 'inside', apiVersion: 'v1' },
      ...{ responseStatus: { code: 201 }, requestObject: body, responseObject: { metadata } },
    },
    { requestURI: '/api/v1/namespaces/audited/configmaps/none', responseStatus: { code: 404, reason: 'NotFound' } },
  ])
})
