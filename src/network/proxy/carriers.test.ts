/** What carries traffic besides the packet filter: forwarders on localhost, health checks, the end of UDP flows. On real sockets. */
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { BackendPicker } from './backend-picker.js'
import type { Backend } from './backends.js'
import { newHealthChecks } from './health-checks.js'
import { newLocalPorts } from './local-ports.js'
import type { RoutedPort, ServiceRoutes } from './service-ports.js'
import type { RouteCarrier } from './service-routes.js'
import { routedPort, routesOf } from './testing/routed-port.js'
import { newConntrack, newUdpFlows } from './udp-flows.js'

const ip = '127.0.0.1'
const clock = new FakeClock(0)
const random = new SeededRandom()
const routed = (backends: readonly Backend[], rest: Partial<RoutedPort> = {}) => routedPort({ backends, ...rest })
const changed = (key: string, now?: ServiceRoutes) => new Map([[key, now]])

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, ip)
  await new Promise(resolve => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

const servers: { close(): unknown }[] = []
/** Answers its name and what it is sent. */
async function echoTcp(name: string): Promise<Backend> {
  const server: Server = createServer({ allowHalfOpen: true }, socket => {
    socket.write(`${name}:`)
    socket.pipe(socket)
  }).listen(0, ip)
  await new Promise(resolve => server.once('listening', resolve))
  servers.push(server)
  return { ip, port: (server.address() as AddressInfo).port }
}

async function echoUdp(name: string): Promise<Backend> {
  const socket = createSocket('udp4')
  socket.on('message', (message, { address, port }) => socket.send(`${name}:${message}`, port, address))
  await new Promise<void>(resolve => socket.bind(0, ip, resolve))
  servers.push(socket)
  return { ip, port: socket.address().port }
}

/** What comes back until the other end closes; or the code of the error. */
const askTcp = (port: number, text = 'hello') =>
  new Promise<string>(resolve => {
    let received = ''
    const socket = connect({ host: ip, port, allowHalfOpen: true }, () => socket.end(text))
    socket.on('data', data => {
      received += data
    })
    socket.once('end', () => resolve(received))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  })

const carriers: RouteCarrier[] = []
const keep = <T extends RouteCarrier>(carrier: T): T => {
  carriers.push(carrier)
  return carrier
}
afterEach(async () => {
  await Promise.all(carriers.splice(0).map(carrier => carrier.stop()))
  for (const server of servers.splice(0)) server.close()
})

describe('ports on localhost', () => {
  let ports: RouteCarrier
  let nodePort: number
  beforeEach(async () => {
    ports = keep(newLocalPorts({ clock, random, log: silentLogger, address: ip }))
    nodePort = await freePort()
  })

  test('a node port leads to a pod, and the end of what one side sends gets through', async () => {
    await ports.apply(changed('a', routesOf(routed([await echoTcp('one')], { nodePort }))))
    expect(await askTcp(nodePort)).toBe('one:hello')
  })

  test('a pod that does not listen is passed over', async () => {
    const dead = { ip, port: await freePort() }
    await ports.apply(changed('a', routesOf(routed([dead, await echoTcp('one')], { nodePort }))))
    for (let i = 0; i < 5; i++) expect(await askTcp(nodePort)).toBe('one:hello')
  })

  test('without pods, connections are reset', async () => {
    await ports.apply(changed('a', routesOf(routed([], { nodePort }))))
    expect(await askTcp(nodePort)).toBe('ECONNRESET')
  })

  test('it follows the pods, and goes with the service', async () => {
    await ports.apply(changed('a', routesOf(routed([await echoTcp('one')], { nodePort }))))
    await ports.apply(changed('a', routesOf(routed([await echoTcp('two')], { nodePort }))))
    expect(await askTcp(nodePort)).toBe('two:hello')
    await ports.apply(changed('a'))
    expect(await askTcp(nodePort)).toBe('ECONNREFUSED')
  })

  test('who wants the port of another service gets it when that gives it up', async () => {
    const balancer = (backend: Backend) => routesOf(routed([backend], { port: nodePort, balanced: true }))
    await ports.apply(changed('a', balancer(await echoTcp('one'))))
    await ports.apply(changed('b', balancer(await echoTcp('two'))))
    expect(await askTcp(nodePort)).toBe('one:hello')
    await ports.apply(changed('a'))
    expect(await askTcp(nodePort)).toBe('two:hello')
  })

  test('a port that is taken is no trouble for others', async () => {
    const taken = await echoTcp('other')
    const other = await echoTcp('one')
    await ports.apply(
      changed('a', routesOf(routed([other], { nodePort: taken.port }), routed([other], { port: 81, nodePort }))),
    )
    expect(await askTcp(nodePort)).toBe('one:hello')
    expect(await askTcp(taken.port)).toBe('other:hello')
  })

  test('datagrams go there and back; a client stays until its pod leaves', async () => {
    const one = await echoUdp('one')
    const two = await echoUdp('two')
    const udp = (...backends: Backend[]) => routesOf(routed(backends, { protocol: 'udp', nodePort }))
    await ports.apply(changed('a', udp(one, two)))
    const client = createSocket('udp4')
    const ask = () =>
      new Promise<string>(resolve => {
        client.once('message', message => resolve(String(message)))
        client.send('hello', nodePort, ip)
      })
    const first = await ask()
    for (let i = 0; i < 4; i++) expect(await ask()).toBe(first)
    const [rest, name] = first === 'one:hello' ? [two, 'two'] : [one, 'one']
    await ports.apply(changed('a', udp(rest)))
    expect(await ask()).toBe(`${name}:hello`)
    client.close()
  })
})

describe('the choice of a backend', () => {
  const [a, b] = [
    { ip: '10.0.0.1', port: 1 },
    { ip: '10.0.0.2', port: 1 },
  ]
  test('clients that are to stay do, for as long as the service says after they last came', async () => {
    const picker = new BackendPicker({ clock, random }, { backends: [a!, b!], affinitySeconds: 10 })
    picker.remember('client', b!)
    for (let i = 0; i < 8; i++) expect(picker.order('client')).toEqual([b, a])
    await clock.advance(11_000)
    const firsts = Array.from({ length: 30 }, () => picker.order('client')[0])
    expect(new Set(firsts).size).toBe(2)
  })
})

describe('health-check node ports', () => {
  test('tell how many pods are here', async () => {
    const checks = keep(newHealthChecks({ address: ip, log: silentLogger }))
    const port = await freePort()
    const service = (localEndpoints: number): ServiceRoutes => ({
      ports: [],
      healthCheckNodePort: port,
      localEndpoints,
    })
    await checks.apply(changed('shop/web', service(2)))
    const good = await fetch(`http://${ip}:${port}/`)
    expect([good.status, good.headers.get('x-load-balancing-endpoint-weight')]).toEqual([200, '2'])
    expect(await good.json()).toEqual({
      service: { namespace: 'shop', name: 'web' },
      localEndpoints: 2,
      serviceProxyHealthy: true,
    })
    await checks.apply(changed('shop/web', service(0)))
    expect((await fetch(`http://${ip}:${port}/`)).status).toBe(503)
    await checks.apply(changed('shop/web'))
    expect(await askTcp(port)).toBe('ECONNREFUSED')
  })
})

describe('the conntrack program', () => {
  const ended = "conntrack v1.4.7 (conntrack-tools): Operation failed: such conntrack doesn't exist\n"
  test.each<[string, string[], number, boolean]>([
    ['did it', [], 1, true],
    ['found nothing', ['conntrack v1.4.7: 0 flow entries have been deleted.\n'], 1, true],
    ['is run again when a flow ended meanwhile', [ended, ended], 3, true],
    ['is not run for ever', [ended, ended, ended, ended, ended], 5, false],
    ['may not be there', ['spawn conntrack ENOENT'], 1, false],
  ])('%s', async (_, failures, runs, isFine) => {
    let ran = 0
    const conntrack = newConntrack(async () => {
      const stderr = failures[ran++]
      if (stderr !== undefined) throw Object.assign(new Error(stderr), { stderr })
      return { stdout: '', stderr: '' }
    })
    const done = conntrack(['-D']).then(
      () => true,
      () => false,
    )
    expect([await done, ran]).toEqual([isFine, runs])
  })
})

describe('UDP flows', () => {
  const [one, two] = ['172.18.0.2', '172.18.0.3'].map(address => ({ ip: address, port: 8081 }))
  let runs: string[]
  let failure: Error | undefined
  beforeEach(() => {
    runs = []
    failure = undefined
  })
  const newFlows = () =>
    newUdpFlows({
      conntrack: async args => {
        runs.push(args.join(' '))
        if (failure) throw failure
      },
      log: silentLogger,
    })
  const udp = (...backends: Backend[]) => routesOf(routed(backends, { protocol: 'udp', port: 53, nodePort: 30053 }))

  test('to a pod that leaves are ended, by every way to it', async () => {
    const flows = newFlows()
    await flows.apply(changed('a', udp(one!, two!)))
    expect(runs).toEqual([])
    await flows.apply(changed('a', udp(one!)))
    expect(runs).toEqual([
      '-D -p udp --orig-dst 10.96.0.7 --orig-port-dst 53 --reply-src 172.18.0.3 --reply-port-src 8081',
      '-D -p udp --orig-port-dst 30053 --reply-src 172.18.0.3 --reply-port-src 8081',
    ])
  })

  test('of TCP are left alone', async () => {
    const flows = newFlows()
    await flows.apply(changed('a', routesOf(routed([one!]))))
    await flows.apply(changed('a'))
    expect(runs).toEqual([])
  })

  test('without the program nothing is tried twice', async () => {
    const flows = newFlows()
    failure = Object.assign(new Error('spawn conntrack ENOENT'), { code: 'ENOENT' })
    await flows.apply(changed('a', udp(one!)))
    await flows.apply(changed('a'))
    expect(runs).toHaveLength(1)
  })
})
