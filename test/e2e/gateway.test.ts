/** The Gateway API, with the definitions of its published module: Gateways are reached on localhost, HTTPRoutes are followed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'
import { freePort } from './harness/stock.js'
import { describeWith, type Tool } from './harness/tool.js'

/** The folder of the definitions, out of the Go module that upstream publishes them in. */
function findDefinitions(): Tool {
  const cwd = mkdtempSync(join(tmpdir(), 'minik8s-gateway-'))
  try {
    writeFileSync(join(cwd, 'go.mod'), 'module minik8s.dev/test/gateway\n')
    const args = ['mod', 'download', '-json', 'sigs.k8s.io/gateway-api@v1.4.0']
    const env = { ...process.env, GOFLAGS: '-mod=mod' }
    const said = execFileSync('go', args, { cwd, env, timeout: 60_000, stdio: ['ignore', 'pipe', 'ignore'] })
    const { Dir } = JSON.parse(said.toString()) as { Dir: string }
    return { program: join(Dir, 'config/crd/standard') }
  } catch (error) {
    return { missing: `go cannot download the Gateway API: ${(error as Error).message.split('\n')[0]}` }
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

const app = (name: string) => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: ${name} } }
spec:
  terminationGracePeriodSeconds: 0
  containers:
    - name: c
      image: busybox:1.36
      command: [sh, -c, 'mkdir -p /w/in && echo ${name} | tee /w/index.html > /w/in/index.html && exec httpd -f -p 8080 -h /w']
      readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ port: 80, targetPort: 8080 }] }
`
const gateway = (port: number, name = 'main') => `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: { name: ${name} }
spec:
  gatewayClassName: minik8s
  listeners: [{ name: http, protocol: HTTP, port: ${port}, hostname: '*.test' }]
`
const route = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: web }
spec:
  parentRefs: [{ name: main }]
  hostnames: [a.test, other.example]
  rules:
    - matches: [{ path: { value: /old } }]
      filters:
        - type: RequestRedirect
          requestRedirect: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /in }, statusCode: 301 }
    - matches: [{ path: { value: /rewritten } }]
      filters:
        - type: URLRewrite
          urlRewrite: { path: { type: ReplacePrefixMatch, replacePrefixMatch: /in } }
        - type: ResponseHeaderModifier
          responseHeaderModifier: { add: [{ name: X-Way, value: rewritten }] }
      backendRefs: [{ name: two, port: 80 }]
    - matches: [{ headers: [{ name: version, value: two }] }]
      backendRefs: [{ name: two, port: 80 }]
    - matches: [{ path: { value: /both } }]
      filters: [{ type: URLRewrite, urlRewrite: { path: { type: ReplaceFullPath, replaceFullPath: / } } }]
      backendRefs: [{ name: one, port: 80, weight: 1 }, { name: two, port: 80, weight: 1 }]
    - matches: [{ path: { value: /broken } }]
      backendRefs: [{ name: missing, port: 80 }]
    - backendRefs: [{ name: one, port: 80 }]
`

describeWith('the Gateway API', findDefinitions(), definitions => {
  const cluster = new TestCluster({ flags: ['--ingress-http-port', '0', '--ingress-https-port', '0'] })
  let port: number

  beforeAll(async () => {
    port = await freePort()
    await cluster.start()
    await cluster.apply([app('one'), app('two')].join('---'))
    await cluster.kubectl('apply', '--server-side', '-f', definitions)
    await cluster.kubectl('wait', '--for=condition=Ready', 'pod', '--all', '--timeout=60s')
    await cluster.kubectl('wait', '--for=condition=Accepted', 'gatewayclass/minik8s', '--timeout=20s')
    await cluster.apply(gateway(port))
    await cluster.apply(route)
  })
  afterAll(() => cluster[Symbol.asyncDispose]())

  const field = (name: string, jsonpath: string) => cluster.kubectl('get', name, '-o', `jsonpath={${jsonpath}}`)

  function seen(path: string, headers: Record<string, string> = {}, host = '127.0.0.1') {
    return new Promise<{ status: number; text: string; location?: string; way?: unknown }>((resolve, reject) => {
      const options = { host, port, path, headers: { host: 'a.test', ...headers }, agent: false }
      request(options, response => {
        const { statusCode: status = 0, headers } = response
        const found = { status, ...(headers.location && { location: headers.location }), way: headers['x-way'] }
        let text = ''
        response.setEncoding('utf8').on('data', chunk => (text += chunk))
        response.on('end', () => resolve({ ...found, text: text.trim() }))
      })
        .on('error', reject)
        .end()
    })
  }

  test('statuses tell that it is served, where, and what is wrong', async () => {
    await cluster.kubectl('wait', '--for=condition=Programmed', 'gateway/main', '--timeout=20s')
    await eventually(
      'the route',
      async () => (await field('gateway/main', '.status.listeners[0].attachedRoutes')) === '1',
    )
    expect(await field('gateway/main', '.status.addresses[0].value')).toBe('127.0.0.1')
    const conditions = '.status.parents[0].conditions[*].reason'
    expect(await field('httproute/web', conditions)).toBe('Accepted BackendNotFound')
    expect(await field('httproute/web', '.status.parents[0].controllerName')).toBe('minik8s.dev/gateway')
  })

  test('paths, headers and hosts are matched', async () => {
    expect(await seen('/')).toMatchObject({ status: 200, text: 'one' })
    expect(await seen('/', { version: 'two' })).toMatchObject({ status: 200, text: 'two' })
    expect(await seen('/broken')).toMatchObject({ status: 500 })
    expect(await seen('/', { host: 'b.test' })).toMatchObject({ status: 404 })
    expect(await seen('/', { host: 'other.example' })).toMatchObject({ status: 404 })
  })

  test('requests are redirected, rewritten and shared out', async () => {
    expect(await seen('/old/x?y')).toMatchObject({ status: 301, location: `http://a.test:${port}/in/x?y` })
    expect(await seen('/rewritten/index.html')).toMatchObject({ status: 200, text: 'two', way: 'rewritten' })
    const answers = new Set<string>()
    for (let i = 0; i < 40; i++) answers.add((await seen('/both')).text)
    expect([...answers].sort()).toEqual(['one', 'two'])
  })

  test('a second Gateway has an address of its own, where the routes of the first are not', async () => {
    await cluster.apply(gateway(port, 'second'))
    await cluster.kubectl('wait', '--for=condition=Programmed', 'gateway/second', '--timeout=20s')
    const address = await field('gateway/second', '.status.addresses[0].value')
    expect(address).toMatch(/^127\.(?!0\.0\.1$)/)
    expect(await seen('/', {}, address)).toMatchObject({ status: 404 })
    expect(await seen('/')).toMatchObject({ status: 200, text: 'one' })
    await cluster.kubectl('delete', 'gateway', 'second')
  })

  test('without Gateways nobody listens; without the definitions all goes on', async () => {
    await cluster.kubectl('delete', 'gateway', 'main')
    await eventually('nobody listens', () =>
      seen('/').then(
        () => false,
        () => true,
      ),
    )
    await cluster.kubectl('delete', '-f', definitions)
    expect(await cluster.kubectl('get', '--raw', '/readyz')).toBe('ok')
    expect(cluster.output).not.toContain('"level":"error"')
  })
})
