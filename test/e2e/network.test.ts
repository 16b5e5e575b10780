/** Pods reach services by cluster IP and by name, and the API server; the host does too; nothing stays behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { eventually, output, wget } from './harness/run.js'

const cluster = new TestCluster()
const client = `
apiVersion: v1
kind: Pod
metadata: { name: client }
spec:
  containers:
    - { name: client, image: 'busybox:1.36', command: [sleep, infinity] }
`
const services = `
apiVersion: v1
kind: Service
metadata: { name: web-pods }
spec: { clusterIP: None, selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: v1
kind: Service
metadata: { name: elsewhere }
spec: { type: ExternalName, externalName: web.default.svc.cluster.local }
---
apiVersion: v1
kind: Service
metadata: { name: nobody }
spec: { selector: { app: nobody }, ports: [{ port: 80 }] }
`
const page = '<h1>Hello from minik8s</h1>\n'
/** Whether the packet filter holds rules of this cluster. */
async function hasRules(): Promise<boolean> {
  const { id } = JSON.parse(readFileSync(join(cluster.dataDir, 'cluster.json'), 'utf8'))
  return (await output('nft', ['list', 'tables'])).includes(id)
}

beforeAll(async () => {
  await cluster.start()
  await cluster.apply(client)
  await cluster.apply(services)
  await cluster.kubectl('apply', '-f', join(examples, 'web.yaml'))
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  await cluster.kubectl('wait', '--for=condition=Ready', 'pod/client', '--timeout=60s')
})
afterAll(() => cluster[Symbol.asyncDispose]())

const inPod = (...command: string[]) => cluster.kubectl('exec', 'client', '--', ...command)
const field = (name: string, path: string) => cluster.kubectl('get', 'service', name, '-o', `jsonpath={${path}}`)

test('resolv.conf is as upstream writes it', async () => {
  expect(await inPod('cat', '/etc/resolv.conf')).toMatch(
    /^search default\.svc\.cluster\.local svc\.cluster\.local cluster\.local.*\nnameserver 10\.96\.0\.10\noptions ndots:5\n$/,
  )
})

test.each(['web', 'web.default', 'web.default.svc.cluster.local', 'web-pods', 'elsewhere'])(
  'a pod fetches a page from %s',
  async host => {
    const text = await eventually('the page', () => inPod('wget', '-qO-', `http://${host}/`).catch(() => false))
    expect(text).toBe(page)
  },
)

test('the host fetches it from the cluster IP', async () => {
  const response = await fetch(`http://${await field('web', '.spec.clusterIP')}/`)
  expect(await response.text()).toBe(page)
})

test('a service without pods refuses at once', async () => {
  const error = await inPod(...wget(5, 'http://nobody/')).catch(String)
  expect(error).toContain('refused')
})

test('the API server answers at its service, with a certificate that is good for it', async () => {
  const token = '$(cat /var/run/secrets/kubernetes.io/serviceaccount/token)'
  const script = `nslookup kubernetes.default.svc.cluster.local && wget --no-check-certificate -qO- --header "Authorization: Bearer ${token}" https://kubernetes.default.svc/version`
  const text = await inPod('sh', '-c', script)
  expect(text).toContain('10.96.0.1')
  expect(text).toContain('"gitVersion"')
})

test('rules are taken away when the cluster stops', async () => {
  expect(await hasRules()).toBe(true)
  await cluster.stop()
  expect(await hasRules()).toBe(false)
})
