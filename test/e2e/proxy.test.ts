/** Pods, services and nodes are reached through the API server: `kubectl get --raw …/proxy/…`. */
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { examples, TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster()
let pod = ''
beforeAll(async () => {
  await cluster.start()
  await cluster.kubectl('apply', '-f', join(examples, 'web.yaml'))
  await cluster.kubectl('rollout', 'status', 'deployment/web', '--timeout=60s')
  pod = await cluster.kubectl('get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}')
})
afterAll(() => cluster[Symbol.asyncDispose]())

const page = '<h1>Hello from minik8s</h1>\n'
const raw = (path: string) => cluster.kubectl('get', '--raw', path)
const inDefault = '/api/v1/namespaces/default'

test('a pod, by its first port and by number', async () => {
  expect(await raw(`${inDefault}/pods/${pod}/proxy/`)).toBe(page)
  expect(await raw(`${inDefault}/pods/http:${pod}:80/proxy/index.html`)).toBe(page)
})

test.each(['web:http', 'web:80', 'http:web:http'])('service %s', async id => {
  const text = await eventually('an endpoint', async () => {
    const { code, stdout } = await cluster.tryKubectl(['get', '--raw', `${inDefault}/services/${id}/proxy/`])
    return code === 0 && stdout
  })
  expect(text).toBe(page)
})

test('a service without pods says so', async () => {
  await cluster.kubectl('create', 'service', 'clusterip', 'nobody', '--tcp=80')
  const stderr = await eventually('its endpoints', async () => {
    const result = await cluster.tryKubectl(['get', '--raw', `${inDefault}/services/nobody:80/proxy/`])
    return result.stderr.includes('no endpoints') && result.stderr
  })
  expect(stderr).toContain('no endpoints available for service "nobody"')
})

test('a node, its pods and logs', async () => {
  expect(await raw('/api/v1/nodes/node-1/proxy/healthz')).toBe('ok')
  const { items } = JSON.parse(await raw('/api/v1/nodes/node-1/proxy/pods'))
  expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toContain(pod)
  await raw(`${inDefault}/pods/${pod}/proxy/seen-in-the-log`).catch(() => {})
  const logs = await raw(`/api/v1/nodes/node-1/proxy/containerLogs/default/${pod}/nginx`)
  expect(logs).toContain('GET /seen-in-the-log')
})
