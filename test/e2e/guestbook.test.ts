/** The guestbook of `examples/`: one `kubectl apply`, an Ingress on localhost, any pod may be lost, and nobody else reaches Redis. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster({ flags: ['--ingress-http-port', '0', '--ingress-https-port', '0'] })
const stranger = `
apiVersion: v1
kind: Pod
metadata: { name: stranger }
spec:
  terminationGracePeriodSeconds: 0
  containers: [{ name: c, image: 'busybox:1.36', command: [sleep, infinity] }]
`
let messages: string

beforeAll(async () => {
  await cluster.start()
  await cluster.kubectl('apply', '-f', join(examples, 'guestbook.yaml'))
  await cluster.apply(stranger)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/stranger', '--timeout=60s')
  for (const name of ['statefulset/redis-leader', 'deployment/redis-follower', 'deployment/guestbook'])
    await cluster.kubectl('rollout', 'status', name, '--timeout=60s')
  const jsonpath = 'jsonpath={.status.loadBalancer.ingress[0].ports[0].port}'
  const port = await eventually('an address', () => cluster.kubectl('get', 'ingress', 'guestbook', '-o', jsonpath))
  messages = `http://localhost:${port}/cgi-bin/messages`
})
afterAll(() => cluster[Symbol.asyncDispose]())

const sign = async (body: string) => (await fetch(messages, { method: 'POST', body })).status
const read = async () => (await fetch(messages)).text()
const signed = async (...lines: string[]) => (await read()) === lines.map(line => `${line}\n`).join('')
const until = (...lines: string[]) => eventually(`the messages ${lines}`, () => signed(...lines), 30_000)

test('what is signed is read, by everybody', async () => {
  expect(await (await fetch(new URL('/', messages))).text()).toContain('<h1>Guestbook</h1>')
  expect(await sign('Ada, from *4\r\nLondon')).toBe(201)
  await until('Ada, from *4  London')
  expect(await sign('Grüße, $3')).toBe(201)
  await until('Ada, from *4  London', 'Grüße, $3')
})

test.each([
  ['a front end', 'app=guestbook'],
  ['a follower', 'role=follower'],
  ['the leader', 'role=leader'],
])('%s may be lost', async (_, label) => {
  const before = (await read()).split('\n').filter(Boolean)
  const name = await cluster.kubectl('get', 'pod', '-l', label, '-o', 'jsonpath={.items[0].metadata.name}')
  await cluster.kubectl('delete', 'pod', name, '--wait=false')
  expect(await signed(...before)).toBe(true)
  expect(await sign(`without ${label}`)).toBe(201)
  await until(...before, `without ${label}`)
})

test('only the front end reaches Redis', async () => {
  const reach = (from: string, host: string) =>
    cluster.tryKubectl(['exec', from, '--', 'sh', '-c', `printf 'PING\\r\\nQUIT\\r\\n' | nc -w 1 ${host} 6379`])
  for (const host of ['redis-leader', 'redis-follower']) {
    await eventually(host, async () => (await reach('deployment/guestbook', host)).stdout.startsWith('+PONG'))
    expect((await reach('pod/stranger', host)).stdout).toBe('')
  }
  // It is the policy that keeps the stranger away.
  await cluster.kubectl('delete', 'networkpolicy', 'redis')
  await eventually('open', async () => (await reach('pod/stranger', 'redis-leader')).stdout.startsWith('+PONG'), 20_000)
})
