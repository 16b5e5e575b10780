/** A small extension API server on loopback: it says what it was asked, and believes who the aggregator says it is. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import { issueCertificate, newAuthority } from '../../machinery/pki/certificates.js'
import type { Dial } from '../proxy/dial.js'
import { newServerFixture, type ServerFixture } from './server-fixture.js'

type Answer = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

export const group = 'wardle.example.com'
export const flunder = {
  resource: 'flunders',
  responseKind: { group, version: 'v1', kind: 'Flunder' },
  scope: 'Namespaced',
  singularResource: 'flunder',
  verbs: ['create', 'get', 'list', 'watch'],
  shortNames: ['fl'],
}
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

const send = (response: ServerResponse, value: unknown, contentType = 'application/json', code = 200) => {
  response.writeHead(code, { 'content-type': contentType })
  response.end(JSON.stringify(value))
}

/** What it was asked, and by whose certificate. */
const echo: Answer = async (request, response) => {
  const { method, url, headers } = request
  const { subject } = (request.socket as TLSSocket).getPeerCertificate()
  send(response, { method, url, headers, body: await text(request), proxy: subject?.CN })
}

const discovery: Answer = (_request, response) =>
  send(
    response,
    {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: [{ metadata: { name: group }, versions: [{ version: 'v1', resources: [flunder], freshness: 'Current' }] }],
    },
    aggregated,
  )

export const serviceName = 'wardle'
const address = '10.0.0.9'

/** A server in memory with an extension server behind the service `default/wardle`. No APIService yet: see `register`. */
export async function newAggregationFixture() {
  const now = Date.now()
  const [authority, front] = [newAuthority('extension-ca', now, 1), newAuthority('front-proxy-ca', now, 1)]
  const hosts = [`${serviceName}.default.svc`]
  const own = issueCertificate(authority, { commonName: 'extension', usage: 'server', hosts, now, days: 1 })
  const proxyClient = issueCertificate(front, { commonName: 'front-proxy-client', usage: 'client', now, days: 1 })
  const answers = new Map<string, Answer>([['/apis', discovery]])
  const asked: string[] = []
  const tls = {
    cert: own.certificate,
    key: own.key,
    ca: front.certificate,
    requestCert: true,
    rejectUnauthorized: false,
  }
  const extension = createServer(tls, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?')
    asked.push(request.url ?? '')
    void (answers.get(path) ?? echo)(request, response)
  })
  extension.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    asked.push(request.url ?? '')
    if (request.url?.includes('refused')) return socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 3\r\n\r\nno!')
    const user = request.headers['x-remote-user']
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${request.headers.upgrade}\r\n\r\n`,
    )
    socket.write(`hello ${user}\n`)
    return socket.pipe(socket)
  })
  await new Promise<void>(resolve => extension.listen(0, '127.0.0.1', resolve))
  const { port } = extension.address() as AddressInfo
  let down = false
  const dial: Dial = () => {
    if (down) return Promise.reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    return new Promise((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.once('connect', () => resolve(socket)).once('error', reject)
    })
  }
  const server = await newServerFixture({ dial, proxyClient })
  const fixture = {
    ...server,
    asked,
    answers,
    authority,
    /** Nobody can connect to the extension server. */
    goDown(isDown = true) {
      down = isDown
    },
    ...registration(server, authority.certificate),
    [Symbol.asyncDispose]: async () => {
      extension.closeAllConnections()
      extension.close()
      await server[Symbol.asyncDispose]()
    },
  }
  return fixture
}

export type AggregationFixture = Awaited<ReturnType<typeof newAggregationFixture>>

const apiServices = { group: 'apiregistration.k8s.io', resource: 'apiservices' }

/** Waits for what happens over sockets, which no fake clock moves. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (let turn = 0; turn < 20_000; turn++) {
    const found = await look()
    if (found) return found
    await new Promise(setImmediate)
  }
  throw new Error('it did not come about')
}

function registration(server: ServerFixture, authority: string) {
  const create = (resource: string, body: object, of = '') =>
    server.call({ verb: 'create', group: of, resource, namespace: 'default', body })
  const conditionOf = async (name = `v1.${group}`) => {
    const object = await server.call({ verb: 'get', ...apiServices, name })
    const { conditions } = (object.status ?? {}) as {
      conditions?: { status: string; reason: string; message: string }[]
    }
    return conditions?.[0]
  }
  return {
    conditionOf,
    createService: (spec: object = { ports: [{ port: 443 }] }) =>
      create('services', { metadata: { name: serviceName }, spec }),
    createSlice: (ready = true) =>
      create(
        'endpointslices',
        {
          metadata: { name: 'wardle-1', labels: { 'kubernetes.io/service-name': serviceName } },
          addressType: 'IPv4',
          endpoints: [{ addresses: [address], conditions: { ready } }],
          ports: [{ name: '', port: 8443, protocol: 'TCP' }],
        },
        'discovery.k8s.io',
      ),
    createApiService: (spec: object = {}, version = 'v1') =>
      server.call({
        verb: 'create',
        ...apiServices,
        body: {
          metadata: { name: `${version}.${group}` },
          spec: {
            ...{ group, version, groupPriorityMinimum: 2000, versionPriority: 200 },
            service: { namespace: 'default', name: serviceName },
            caBundle: Buffer.from(authority).toString('base64'),
            ...spec,
          },
        },
      }),
    /** Resolves when it is available. */
    async register(spec: object = {}) {
      await this.createService()
      await this.createSlice()
      await this.createApiService(spec)
      await until(async () => (await conditionOf())?.status === 'True')
    },
  }
}
