/** NetworkPolicies, proved by trying: who is let through to whom, at which port, and that the rest waits in vain. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { eventually, run, wget } from './harness/run.js'

const cluster = new TestCluster()
const pod = (namespace: string, name: string) => `
apiVersion: v1
kind: Pod
metadata: { namespace: ${namespace}, name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: busybox:1.36
      command: [sh, -c, 'echo ok > /tmp/i; httpd -p 8080 -h /tmp; httpd -p 9090 -h /tmp; sleep infinity']
      ports: [{ name: http, containerPort: 8080 }]
`
const pods = `
apiVersion: v1
kind: Namespace
metadata: { name: other, labels: { team: other } }
---
${pod('default', 'server')}
---
${pod('default', 'friend')}
---
${pod('default', 'stranger')}
---
${pod('other', 'friend')}
---
apiVersion: v1
kind: Service
metadata: { name: server }
spec: { selector: { app: server }, ports: [{ port: 80, targetPort: 8080 }] }
`
const policy = (name: string, spec: string) => `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: ${name} }
spec: ${spec}
`
let serverIp: string

beforeAll(async () => {
  await cluster.start()
  await cluster.apply(pods)
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '-A', '--timeout=60s')
  serverIp = await cluster.kubectl('get', 'pod', 'server', '-o', 'jsonpath={.status.podIP}')
})
afterAll(() => cluster[Symbol.asyncDispose]())

/** What is seen from a pod, `namespace/name`, of a URL: the page, or that there is none. */
async function seen(from: string, url: string): Promise<'ok' | 'nothing'> {
  const [namespace = '', name = ''] = from.split('/')
  const { stdout } = await cluster.tryKubectl(['exec', '-n', namespace, name, '--', ...wget(1, `http://${url}/i`)])
  return stdout.trim() === 'ok' ? 'ok' : 'nothing'
}
const until = (from: string, url: string, expected: 'ok' | 'nothing') =>
  eventually(`${from} sees ${expected} at ${url}`, async () => (await seen(from, url)) === expected, 20_000)

test('without policies everybody reaches everybody', async () => {
  expect(await seen('default/stranger', `${serverIp}:8080`)).toBe('ok')
  expect(await seen('other/friend', 'server.default')).toBe('ok')
})

test('default deny closes the pods, but not to their node', async () => {
  await cluster.apply(policy('deny', '{ podSelector: {}, policyTypes: [Ingress] }'))
  await until('default/friend', `${serverIp}:8080`, 'nothing')
  expect(await seen('default/friend', 'server')).toBe('nothing')
  expect(await seen('other/friend', `${serverIp}:8080`)).toBe('nothing')
  expect((await fetch(`http://${serverIp}:8080/i`)).ok).toBe(true)
})

test('a friend is let in by label, at the port by name', async () => {
  const from = 'from: [{ podSelector: { matchLabels: { app: friend } } }]'
  const spec = `{ podSelector: { matchLabels: { app: server } }, ingress: [{ ${from}, ports: [{ port: http }] }] }`
  await cluster.apply(policy('friend', spec))
  await until('default/friend', 'server', 'ok')
  expect(await seen('default/friend', `${serverIp}:9090`)).toBe('nothing')
  expect(await seen('default/stranger', `${serverIp}:8080`)).toBe('nothing')
  expect(await seen('other/friend', `${serverIp}:8080`)).toBe('nothing')
})

test('a namespace is let in, at a range of ports', async () => {
  const from = 'from: [{ namespaceSelector: { matchLabels: { team: other } } }]'
  await cluster.apply(
    policy('friend', `{ podSelector: {}, ingress: [{ ${from}, ports: [{ port: 9000, endPort: 9100 }] }] }`),
  )
  await until('other/friend', `${serverIp}:9090`, 'ok')
  expect(await seen('other/friend', `${serverIp}:8080`)).toBe('nothing')
  expect(await seen('default/friend', 'server')).toBe('nothing')
})

test('a block of addresses is let in, but for one', async () => {
  const ip = await cluster.kubectl('get', 'pod', 'stranger', '-o', 'jsonpath={.status.podIP}')
  const spec = `{ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0, except: [${ip}/32] } }] }] }`
  await cluster.apply(policy('friend', spec))
  await until('default/friend', 'server', 'ok')
  expect(await seen('default/stranger', 'server')).toBe('nothing')
})

test('egress is held back, answers are not', async () => {
  await cluster.apply(policy('quiet', '{ podSelector: { matchLabels: { app: friend } }, policyTypes: [Egress] }'))
  await until('default/friend', 'server', 'nothing')
  const friendIp = await cluster.kubectl('get', 'pod', 'friend', '-o', 'jsonpath={.status.podIP}')
  expect(await seen('default/server', `${friendIp}:8080`)).toBe('ok')
})

test('what policies closed is open again without them', async () => {
  await cluster.kubectl('delete', 'networkpolicy', '--all')
  await until('default/stranger', 'server', 'ok')
  const { id } = JSON.parse((await run('cat', [`${cluster.dataDir}/cluster.json`])).stdout)
  expect((await run('nft', ['list', 'table', 'ip', `minik8s-${id}`])).stdout).not.toContain('policy-ingress')
})
