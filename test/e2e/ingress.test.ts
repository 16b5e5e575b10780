/** The built-in Ingress controller: hosts, paths, TLS, classes and status, as clients on localhost see them. */
import 'reflect-metadata'
import { KeyObject, webcrypto } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster({ flags: ['--ingress-http-port', '0', '--ingress-https-port', '0'] })
const app = (name: string) => `
apiVersion: apps/v1
kind: Deployment
metadata: { name: ${name} }
spec:
  replicas: 2
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      terminationGracePeriodSeconds: 0
      containers:
        - name: c
          image: busybox:1.36
          command: [sh, -c, 'mkdir -p /w/deep && echo ${name} | tee /w/index.html /w/deep/index.html && exec httpd -f -p 8080 -h /w']
          ports: [{ name: http, containerPort: 8080 }]
          readinessProbe: { httpGet: { path: /, port: http }, periodSeconds: 1 }
---
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: ${name} }, ports: [{ name: web, port: 80, targetPort: http }] }
`
const ingress = (name: string, spec: string, metadata = '') => `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, ${metadata} }
spec: ${spec}
`
const to = (name: string) => `{ service: { name: ${name}, port: { name: web } } }`
const path = (type: string, at: string, name: string) => `{ pathType: ${type}, path: ${at}, backend: ${to(name)} }`
let plain: number
let tls: number

beforeAll(async () => {
  await cluster.start()
  await cluster.apply([app('one'), app('two')].join('---'))
  await cluster.kubectl('rollout', 'status', 'deployment/one', '--timeout=60s')
  await cluster.kubectl('rollout', 'status', 'deployment/two', '--timeout=60s')
})
afterAll(() => cluster[Symbol.asyncDispose]())

const field = (name: string, jsonpath: string) => cluster.kubectl('get', name, '-o', `jsonpath={${jsonpath}}`)

interface Seen {
  status: number
  text: string
}
/** What a client sees of `host/path`. */
function seen(url: string): Promise<Seen> {
  const { host, pathname } = new URL(`http://${url}`)
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: plain, path: pathname, headers: { host }, agent: false }
    request(options, response => {
      let text = ''
      response.setEncoding('utf8').on('data', chunk => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text: text.trim() }))
    })
      .on('error', reject)
      .end()
  })
}
const until = (url: string, text: string) =>
  eventually(`${url} shows ${text}`, async () => (await seen(url)).text.includes(text), 20_000)

test('nobody listens before there is an Ingress; then its status says where', async () => {
  expect(await cluster.kubectl('get', 'ingressclass', '-o', 'jsonpath={.items[*].spec.controller}')).toBe(
    'minik8s.dev/ingress',
  )
  const rules = `[{ host: a.test, http: { paths: [${path('Prefix', '/', 'one')}, ${path('Exact', '/deep/', 'two')}] } },
    { host: '*.b.test', http: { paths: [${path('Prefix', '/', 'two')}] } }]`
  await cluster.apply(ingress('web', `{ rules: ${rules} }`))
  const ports = await eventually('the status', () =>
    field('ingress/web', '.status.loadBalancer.ingress[0].ports[*].port'),
  )
  ;[plain, tls] = ports.split(' ').map(Number) as [number, number]
  expect(await field('ingress/web', '.status.loadBalancer.ingress[0].ip')).toBe('127.0.0.1')
  expect(await cluster.kubectl('get', 'ingress', 'web')).toContain('127.0.0.1')
  expect(await cluster.kubectl('describe', 'ingress', 'web')).toContain(`Reached at http://localhost:${plain}`)
})

test.each([
  ['a.test/', 200, 'one'],
  ['a.test/deep/', 200, 'two'],
  ['a.test/absent', 404, '404 Not Found'],
  ['x.b.test/', 200, 'two'],
  ['b.test/', 404, 'no Ingress'],
  ['elsewhere/', 404, 'no Ingress'],
])('%s: %i, %s', async (url, status, text) => {
  const found = await seen(url)
  expect(found.status).toBe(status)
  expect(found.text).toContain(text)
})

test('a default back end takes what is left', async () => {
  await cluster.apply(ingress('rest', `{ ingressClassName: minik8s, defaultBackend: ${to('one')} }`))
  await until('elsewhere/', 'one')
})

test('classes of others are left alone; the annotation of old counts', async () => {
  const spec = (host: string) => `{ rules: [{ host: ${host}, http: { paths: [${path('Prefix', '/', 'two')}] } }] }`
  const annotated = (name: string) => `annotations: { kubernetes.io/ingress.class: ${name} }`
  await cluster.apply(ingress('theirs', spec('theirs.test'), annotated('nginx')))
  await cluster.apply(ingress('ours', spec('ours.test'), annotated('minik8s')))
  await until('ours.test/', 'two')
  expect((await seen('theirs.test/')).text).toBe('one')
  expect(await field('ingress/theirs', '.status')).toBe('{"loadBalancer":{}}')
})

/** Files of a certificate that vouches for itself. */
async function makeCertificate(host: string): Promise<{ crt: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${host}`,
    keys,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  })
  const [crt, key] = [join(cluster.dataDir, 'tls.crt'), join(cluster.dataDir, 'tls.key')]
  writeFileSync(crt, certificate.toString('pem'))
  writeFileSync(key, KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }))
  return { crt, key }
}

/** What a client that trusts this certificate alone sees over HTTP/2. */
function seenOverTls(host: string, ca: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`https://127.0.0.1:${tls}`, { ca, servername: host })
    session.on('error', reject)
    const stream = session.request({ ':path': '/', ':authority': host })
    let text = ''
    stream.setEncoding('utf8').on('data', chunk => (text += chunk))
    stream.on('end', () => session.close(() => resolve(text.trim()))).on('error', reject)
  })
}

test('TLS with the certificate of a secret, over HTTP/2', async () => {
  const rules = `[{ host: tls.test, http: { paths: [${path('Prefix', '/', 'two')}] } }]`
  await cluster.apply(ingress('tls', `{ tls: [{ hosts: [tls.test], secretName: tls }], rules: ${rules} }`))
  await eventually('the event', async () =>
    (await cluster.kubectl('describe', 'ingress', 'tls')).includes('Secret tls'),
  )
  const { crt, key } = await makeCertificate('tls.test')
  await cluster.kubectl('create', 'secret', 'tls', 'tls', '--cert', crt, '--key', key)
  expect(await eventually('a page over TLS', () => seenOverTls('tls.test', readFileSync(crt)))).toBe('two')
})

test('without a certificate of its own, the cluster vouches', async () => {
  const ca = readFileSync(join(cluster.dataDir, 'pki/ca.crt'))
  expect(await seenOverTls('localhost', ca)).toBe('one')
})

test('no request is lost while pods come and go', async () => {
  let going = true
  const failed: Seen[] = []
  let asked = 0
  const asking = (async () => {
    while (going) {
      const found = await seen('a.test/')
      asked++
      if (found.status !== 200) failed.push(found)
    }
  })()
  await cluster.kubectl('delete', 'pods', '-l', 'app=one', '--wait=false')
  await cluster.kubectl('rollout', 'status', 'deployment/one', '--timeout=60s')
  going = false
  await asking
  expect(asked).toBeGreaterThan(10)
  // Both pods end at once, without grace: until another is ready, nobody is there; but none is sent to a pod that is gone.
  expect(failed.filter(({ status }) => status !== 503)).toEqual([])
})

test('the ports are given up with the last Ingress', async () => {
  await cluster.kubectl('delete', 'ingress', '--all')
  await eventually('nobody listens', () =>
    seen('a.test/').then(
      () => false,
      () => true,
    ),
  )
})
