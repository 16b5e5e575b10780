/**
 * A machine of its own for packet filters: a network namespace as the node, with a bridge of pods, and one for somebody outside. Pods `a` and `b`
 * have servers of TCP and UDP that answer their name; `c` has none.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { runHere } from '../../src/network/run-program.js'

export const bridge = 'lab0'
/** Of the node, as seen from outside. */
export const nodeAddress = '192.0.2.1'
export const outsideAddress = '192.0.2.2'
export const pods = { a: '10.77.0.2', b: '10.77.0.3', c: '10.77.0.4' } as const
export const podSubnet = '10.77.0.0/24'
export const serverPort = 8080

export type Vantage = keyof typeof pods | 'node' | 'outside'

export interface Probe {
  protocol?: 'tcp' | 'udp'
  host: string
  port: number
}

/** What does not answer within this time was dropped. */
const patienceMs = 700

const server = `
const name = process.argv[1]
require('net').createServer(s => { s.on('error', () => {}); s.end(name) }).listen(${serverPort}, '0.0.0.0', () => {
  const udp = require('dgram').createSocket('udp4')
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
  const socket = require('dgram').createSocket('udp4')
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

  #name(vantage: Vantage): string {
    return `${this.#id}-${vantage}`
  }

  /** Runs a program on the node. */
  readonly run = (program: string, args: readonly string[]) =>
    runHere('ip', ['netns', 'exec', this.#name('node'), program, ...args])

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
        : [`ip -n ${node} addr add ${nodeAddress}/24 dev v-${vantage}`]),
      `ip -n ${name} addr add ${address}/24 dev eth0`,
      `ip -n ${name} link set lo up`,
      `ip -n ${name} link set eth0 up`,
      `ip -n ${name} route add default via ${isPod ? '10.77.0.1' : nodeAddress}`,
    ]
  }

  async start(): Promise<void> {
    const node = this.#name('node')
    const commands = [
      `ip netns add ${node}`,
      `ip -n ${node} link set lo up`,
      `ip -n ${node} link add ${bridge} type bridge`,
      `ip -n ${node} addr add 10.77.0.1/24 dev ${bridge}`,
      `ip -n ${node} link set ${bridge} up`,
      `ip netns exec ${node} sysctl -qw net.ipv4.ip_forward=1`,
      ...Object.entries(pods).flatMap(([name, ip]) => this.#setup(name as Vantage, ip)),
      ...this.#setup('outside', outsideAddress),
      `ip -n ${node} route add default via ${outsideAddress}`,
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
