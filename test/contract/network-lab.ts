/**
 * A machine of its own for packet filters: a network namespace as the node, with a bridge of pods, and one for somebody outside. Pods `a` and `b`
 * have servers of TCP and UDP that answer their name; `c` has none.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import type { IpFamily } from '../../src/machinery/ip-family.js'
import { runHere } from '../../src/network/run-program.js'

export const bridge = 'lab0'
export const serverPort = 8080

export type LabPod = 'a' | 'b' | 'c'
export type Vantage = LabPod | 'node' | 'outside'

/** All of one family. */
export interface LabAddresses {
  family: IpFamily
  /** Of the node, as seen from outside. */
  node: string
  outside: string
  pods: Readonly<Record<LabPod, string>>
  /** Of the node on the bridge. */
  gateway: string
  podSubnet: string
  /** Bits of the networks. */
  prefix: number
  serviceSubnet: string
  serviceIp(last: number): string
  balancerIp(last: number): string
  /** CIDRs: of nobody here, and of whom is outside alone. */
  nobody: string
  onlyOutside: string
}

export const labAddresses: Readonly<Record<IpFamily, LabAddresses>> = {
  IPv4: {
    family: 'IPv4',
    node: '192.0.2.1',
    outside: '192.0.2.2',
    pods: { a: '10.77.0.2', b: '10.77.0.3', c: '10.77.0.4' },
    gateway: '10.77.0.1',
    podSubnet: '10.77.0.0/24',
    prefix: 24,
    serviceSubnet: '10.96.0.0/16',
    serviceIp: last => `10.96.0.${last}`,
    balancerIp: last => `198.18.0.${last}`,
    nobody: '203.0.113.0/24',
    onlyOutside: '192.0.2.2/32',
  },
  IPv6: {
    family: 'IPv6',
    node: '2001:db8::1',
    outside: '2001:db8::2',
    pods: { a: 'fd00:77::2', b: 'fd00:77::3', c: 'fd00:77::4' },
    gateway: 'fd00:77::1',
    podSubnet: 'fd00:77::/64',
    prefix: 64,
    serviceSubnet: 'fd00:96::/112',
    serviceIp: last => `fd00:96::${last}`,
    balancerIp: last => `2001:2::${last}`,
    nobody: '2001:db8:77::/48',
    onlyOutside: '2001:db8::2/128',
  },
}

export interface Probe {
  protocol?: 'tcp' | 'udp'
  host: string
  port: number
}

/** What does not answer within this time was dropped. */
const patienceMs = 700

const server = `
const name = process.argv[1]
require('net').createServer(s => { s.on('error', () => {}); s.end(name) }).listen(${serverPort}, () => {
  const udp = require('dgram').createSocket('udp6')
  udp.on('message', (_, { address, port }) => udp.send(name, port, address))
  udp.bind(${serverPort}, () => console.log('ready'))
})`

const prober = `
// What came while this process had to wait counts.
const late = then => setTimeout(() => setImmediate(() => setImmediate(then)), ${patienceMs})
const tcp = ({ host, port }) => new Promise(done => {
  const socket = require('net').connect({ host, port })
  let text = ''
  socket.on('data', data => { text += data })
  socket.on('end', () => done(text))
  socket.on('error', error => done(error.code))
  late(() => { socket.destroy(); done('nothing') })
})
const udp = ({ host, port }) => new Promise(done => {
  const socket = require('dgram').createSocket(host.includes(':') ? 'udp6' : 'udp4')
  let ended = false
  const end = text => { if (!ended) socket.close(); ended = true; done(text) }
  late(() => end('nothing'))
  socket.once('error', error => end(error.code))
  socket.connect(port, host, () => { socket.once('message', message => end(String(message))); socket.send('?') })
})
Promise.all(JSON.parse(process.argv[1]).map(probe => (probe.protocol === 'udp' ? udp : tcp)(probe)))
  .then(all => { console.log(JSON.stringify(all)); process.exit() })`

export class NetworkLab {
  readonly #id = `lab-${randomBytes(3).toString('hex')}`
  readonly #servers: ChildProcess[] = []

  constructor(private readonly addresses: LabAddresses) {}

  #name(vantage: Vantage): string {
    return `${this.#id}-${vantage}`
  }

  /** Runs a program on the node. */
  readonly run = (program: string, args: readonly string[]) =>
    runHere('ip', ['netns', 'exec', this.#name('node'), program, ...args])

  /** Gives the interface the address, for use at once. */
  #give(namespace: string, address: string, link: string): string {
    const { family, prefix } = this.addresses
    return `ip -n ${namespace} addr add ${address}/${prefix} dev ${link}${family === 'IPv6' ? ' nodad' : ''}`
  }

  /** Commands of `ip`, and what else the shell runs. */
  #setup(vantage: Vantage, address: string): string[] {
    const name = this.#name(vantage)
    const node = this.#name('node')
    const isPod = vantage !== 'outside'
    return [
      `ip netns add ${name}`,
      `ip link add v-${vantage} netns ${node} type veth peer name eth0 netns ${name}`,
      `ip -n ${node} link set v-${vantage} up`,
      ...(isPod
        ? [
            `ip -n ${node} link set v-${vantage} master ${bridge}`,
            `ip -n ${node} link set v-${vantage} type bridge_slave hairpin on`,
          ]
        : [this.#give(node, this.addresses.node, `v-${vantage}`)]),
      `ip -n ${name} link set lo up`,
      `ip -n ${name} link set eth0 up`,
      this.#give(name, address, 'eth0'),
      `ip -n ${name} route add default via ${isPod ? this.addresses.gateway : this.addresses.node}`,
    ]
  }

  #ipv6Settings(...settings: string[]): string[] {
    if (this.addresses.family !== 'IPv6') return []
    return settings.map(setting => `ip netns exec ${this.#name('node')} sysctl -qw net.ipv6.conf.${setting}`)
  }

  async start(): Promise<void> {
    const node = this.#name('node')
    const { pods, outside, gateway } = this.addresses
    const commands = [
      `ip netns add ${node}`,
      // While an interface asks whether its own address is taken, what is passed on to unknown neighbours is lost.
      ...this.#ipv6Settings('default.accept_dad=0', 'all.forwarding=1'),
      `ip -n ${node} link set lo up`,
      `ip -n ${node} link add ${bridge} type bridge`,
      `ip -n ${node} link set ${bridge} up`,
      this.#give(node, gateway, bridge),
      `ip netns exec ${node} sysctl -qw net.ipv4.ip_forward=1`,
      ...Object.entries(pods).flatMap(([name, ip]) => this.#setup(name as Vantage, ip)),
      ...this.#setup('outside', outside),
      `ip -n ${node} route add default via ${outside}`,
    ]
    await runHere('sh', ['-ec', commands.join('\n')])
    await Promise.all((['a', 'b'] as const).map(name => this.#serve(name)))
  }

  #serve(name: Vantage): Promise<void> {
    const args = ['netns', 'exec', this.#name(name), process.execPath, '-e', server, name]
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'inherit'] })
    this.#servers.push(child)
    return new Promise((resolve, reject) => {
      child.stdout.once('data', () => resolve())
      child.once('exit', code => reject(new Error(`the server of ${name} ended: ${code}`)))
    })
  }

  /** What each answers: a name, the code of an error, or `nothing`. */
  async probe(from: Vantage, probes: readonly Probe[]): Promise<string[]> {
    const args = ['netns', 'exec', this.#name(from), process.execPath, '-e', prober, JSON.stringify(probes)]
    return JSON.parse((await runHere('ip', args)).stdout)
  }

  async stop(): Promise<void> {
    for (const child of this.#servers) child.kill('SIGKILL')
    const all: Vantage[] = ['a', 'b', 'c', 'outside', 'node']
    await Promise.all(all.map(vantage => runHere('ip', ['netns', 'del', this.#name(vantage)]).catch(() => {})))
  }
}
