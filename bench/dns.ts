/** `dns`: queries a second that the cluster's name server answers, as musl and glibc ask them: addresses of both families of services. */
import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { encode } from 'dns-packet'
import type { ClusterDirectory } from '../src/network/dns/cluster-zone.js'
import { ReplyCache } from '../src/network/dns/reply-cache.js'
import { newResolver } from '../src/network/dns/resolver.js'
import { startDnsServer } from '../src/network/dns/server.js'
import { silentLogger } from '../src/telemetry/logger.js'
import { median } from './bench.js'
import { benchRandom } from './storage.js'

const services = 500
const queries = 100_000
/** Queries under way at a time. */
const window = 64
const host = '127.0.0.1'

const directory: ClusterDirectory = {
  service: (namespace, name) => {
    const n = Number(name.slice(4))
    if (!(n < services)) return undefined
    const clusterIP = `10.96.${n >> 8}.${n & 255}`
    return {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name },
      spec: { clusterIP, clusterIPs: [clusterIP], ports: [{ port: 80 }] },
    }
  },
  slices: () => [],
  hasNamespace: name => name === 'bench',
  serviceAt: () => undefined,
  slicesAt: () => [],
}

/** The client, a process of its own: prints seconds and the latencies that half and all but 1 % stay below. */
export async function askDns(port: number): Promise<void> {
  const socket = createSocket('udp4')
  const sent = new Map<number, number>()
  const latencies: number[] = []
  let next = 0
  const ask = () => {
    const id = next++ & 0xffff
    const name = `web-${next % services}.bench.svc.cluster.local`
    sent.set(id, performance.now())
    socket.send(
      encode({ type: 'query', id, flags: 0x100, questions: [{ type: next & 1 ? 'A' : 'AAAA', name }] }),
      port,
      host,
    )
  }
  const began = performance.now()
  await new Promise<void>(resolve => {
    socket.on('message', message => {
      const id = message.readUInt16BE(0)
      latencies.push(performance.now() - sent.get(id)!)
      if (latencies.length === queries) resolve()
      else if (next < queries) ask()
    })
    socket.bind(0, host, () => {
      for (let i = 0; i < window; i++) ask()
    })
  })
  const seconds = (performance.now() - began) / 1000
  latencies.sort((a, b) => a - b)
  socket.close()
  console.log([seconds, median(latencies), latencies[Math.floor(latencies.length * 0.99)]].join(' '))
}

/** Prints a line with and without the cache of answers. `program` is run as the client. */
export async function benchDns(program: string): Promise<void> {
  const forwarder = { ask: () => Promise.reject(new Error('there is no other server')) }
  const resolve = newResolver({ directory, forwarder, random: benchRandom, zone: 'cluster.local' })
  for (const cached of [false, true]) {
    const version = () => 1
    const cache = { replies: new ReplyCache({ random: benchRandom, version }), version }
    const options = { address: host, port: 0, log: silentLogger, ...(cached && { cache }) }
    const server = await startDnsServer(resolve, options)
    const cpu = process.cpuUsage()
    const client = spawn(process.execPath, [program, 'dns', String(server.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await Promise.all([
      new Promise<string>(done => client.stdout.once('data', data => done(String(data)))),
      new Promise(done => client.once('exit', done)),
    ])
    const { user, system } = process.cpuUsage(cpu)
    const [seconds = 0, middle = 0, most = 0] = line.split(' ').map(Number)
    const perSecond = Math.round(queries / seconds)
    const perCore = Math.round(queries / ((user + system) / 1e6))
    const latency = `latency ${middle.toFixed(2)} ms, 99 % below ${most.toFixed(2)} ms`
    console.log(
      `dns ${cached ? 'cached' : 'fresh'}: ${perSecond}/s, ${perCore}/s of a core, ${latency} with ${window} under way`,
    )
    await server.stop()
  }
}
