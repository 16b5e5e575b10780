/** The network of the pods: a bridge of the cluster's own, a pair of interfaces for each pod, and the way out of the machine. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { constants, networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Logger } from '../../../telemetry/logger.js'
import { RuntimeError } from '../runtime.js'
import type { PortMapping } from '../types.js'
import { Launcher, type Space } from './kernel/launcher.js'
import {
  acknowledgedError,
  addAddress,
  addDefaultRoute,
  deleteLink,
  newBridge,
  newVeth,
  plugIn,
  setUp,
} from './kernel/netlink.js'
import { runLauncher } from './kernel/run-launcher.js'
import { atWorkingDirectory, openFlags } from './kernel/system-calls.js'
import { formatAddress, freeSubnet, parseAddress } from './subnets.js'

const run = promisify(execFile)
/** AF_NETLINK, SOCK_RAW, NETLINK_ROUTE. */
const netlinkSocket = [16, 3 | openFlags.closeOnExec, 0] as const
const hostSocket = 50
const podSocket = 51
const answerSize = 128
/** Of eth0 in a pod: no other interface there has it. */
const podInterface = 100
const loopback = 1

export interface NetworkOptions {
  cluster: string
  /** Where launchers are put, and the choice of the subnet is kept. */
  directory: string
  /** CIDR; default: one that this machine does not use. */
  subnet?: string
  log: Logger
}

export interface MappedPod {
  address: string
  mappings: readonly PortMapping[]
}

const errorName = (number: number) =>
  Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `errno ${number}`

interface Exchange {
  what: string
  message: Buffer
  /** Error names that are as good as none. */
  accept?: readonly string[]
}

/** A netlink socket of the network namespace that the launcher is in, as that descriptor. */
function openSocket(launcher: Launcher, fd: number): void {
  const opened = launcher.call('socket', netlinkSocket, { what: 'open a netlink socket' })
  launcher.move(opened, fd, openFlags.closeOnExec)
}

/** Adds the calls that send each message and keep its answer. */
const exchange = (launcher: Launcher, fd: number, messages: readonly Exchange[]) =>
  messages.map(({ message }) => {
    const answer = launcher.space(answerSize)
    launcher.call('sendto', [fd, message, message.length, 0, 0, 0], { what: 'send to netlink' })
    launcher.call('recvfrom', [fd, answer, answerSize, 0, 0, 0], { what: 'hear from netlink' })
    return answer
  })

/** Rejects with what the kernel did not like. */
async function finish(
  launcher: Launcher,
  directory: string,
  sent: readonly (readonly [Exchange, Space])[],
): Promise<void> {
  for (const [, answer] of sent) launcher.call('write', [1, answer, answerSize])
  const output = await runLauncher(launcher, directory)
  sent.forEach(([{ what, accept = [] }], i) => {
    const error = acknowledgedError(output.subarray(i * answerSize, (i + 1) * answerSize))
    if (error && !accept.includes(errorName(error)))
      throw new RuntimeError('other', `cannot ${what}: ${errorName(error)}`)
  })
}

async function tellKernel(directory: string, messages: readonly Exchange[]): Promise<void> {
  const launcher = new Launcher()
  openSocket(launcher, hostSocket)
  const answers = exchange(launcher, hostSocket, messages)
  await finish(
    launcher,
    directory,
    messages.map((message, i) => [message, answers[i]!]),
  )
}

export class PodNetwork {
  readonly #options: NetworkOptions
  readonly bridge: string
  readonly subnet: string
  readonly gateway: string
  readonly #used = new Set<string>()
  #next: number
  #bridgeIndex = 0

  private constructor(options: NetworkOptions, subnet: string) {
    this.#options = options
    this.subnet = subnet
    this.bridge = bridgeName(options.cluster)
    this.#next = parseAddress(subnet.split('/')[0]!) + 2
    this.gateway = formatAddress(this.#next - 1)
  }

  get #prefix(): number {
    return Number(this.subnet.split('/')[1])
  }

  /** Makes the bridge, unless it is there. */
  static async open(options: NetworkOptions): Promise<PodNetwork> {
    const network = new PodNetwork(options, await chosenSubnet(options))
    await network.#makeBridge()
    await network.#routeOut([])
    return network
  }

  async #makeBridge(): Promise<void> {
    const { bridge, gateway } = this
    const accept = ['EEXIST']
    await this.#tell([{ what: `make the bridge ${bridge}`, message: newBridge(bridge), accept }])
    this.#bridgeIndex = Number(await readFile(`/sys/class/net/${bridge}/ifindex`, 'utf8'))
    const message = addAddress(this.#bridgeIndex, gateway, this.#prefix)
    await this.#tell([
      { what: `give the bridge ${bridge} its address`, message, accept },
      { what: `set the bridge ${bridge} up`, message: setUp(this.#bridgeIndex) },
    ])
    // Without it, nothing leaves the bridge; containers may run in a machine that does not let us change it.
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1').catch(() => {})
    await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/route_localnet`, '1').catch(() => {})
  }

  #tell(messages: readonly Exchange[]): Promise<void> {
    return tellKernel(this.#options.directory, messages)
  }

  /** Marks an address as in use by a pod that runs already. */
  keep(address: string): void {
    this.#used.add(address)
  }

  /** An address that no pod has; those given back come last. */
  take(): string {
    const first = parseAddress(this.gateway) + 1
    const count = 2 ** (32 - this.#prefix) - 3
    for (let i = 0; i < count; i++) {
      const address = formatAddress(this.#next)
      this.#next = this.#next + 1 - first >= count ? first : this.#next + 1
      if (this.#used.has(address)) continue
      this.#used.add(address)
      return address
    }
    throw new RuntimeError('other', `no address is left in ${this.subnet}`)
  }

  giveBack(address: string): void {
    this.#used.delete(address)
  }

  /** Connects the network namespace of that process. */
  async plug(pid: number, address: string): Promise<void> {
    // The hardware address follows from the address, so that neighbours who remember it are not wrong after a restart.
    const hardwareAddress = Buffer.from([0x02, 0x4d, ...address.split('.').map(Number)])
    const name = vethName(this.#options.cluster, address)
    const veth = { name: 'eth0', index: podInterface, hardwareAddress, peer: { name, pid: process.pid } }
    const inPod: Exchange[] = [
      { what: 'make the interface of the pod', message: newVeth(veth) },
      { what: 'set loopback up', message: setUp(loopback) },
      { what: `give the pod its address ${address}`, message: addAddress(podInterface, address, this.#prefix) },
      { what: 'set eth0 up', message: setUp(podInterface) },
      { what: 'set the route out of the pod', message: addDefaultRoute(this.gateway), accept: ['EEXIST'] },
    ]
    const onHost: Exchange[] = [{ what: 'plug the pod into the bridge', message: plugIn(name, this.#bridgeIndex) }]
    const launcher = new Launcher()
    openSocket(launcher, hostSocket)
    const what = 'enter the network of the pod'
    const fd = launcher.call('openat', [atWorkingDirectory, `/proc/${pid}/ns/net`, 0, 0], { what })
    launcher.call('setns', [fd, 0], { what })
    openSocket(launcher, podSocket)
    const answers = [...exchange(launcher, podSocket, inPod), ...exchange(launcher, hostSocket, onHost)]
    await finish(
      launcher,
      this.#options.directory,
      [...inPod, ...onHost].map((message, i) => [message, answers[i]!]),
    )
  }

  /** At once, where the kernel would take a moment after the last process has ended. */
  async unplug(address: string): Promise<void> {
    const message = deleteLink(vethName(this.#options.cluster, address))
    await this.#tell([{ what: 'remove the interface of the pod', message, accept: ['ENODEV'] }])
  }

  /** Which ports of the host lead to which pods, from now on. */
  async map(pods: readonly MappedPod[]): Promise<void> {
    await this.#routeOut(pods)
  }

  async #routeOut(pods: readonly MappedPod[]): Promise<void> {
    const { cluster, directory, log } = this.#options
    const file = join(directory, 'rules.nft')
    try {
      const forwarding = await dropsForwarded()
      await writeFile(file, networkRules({ table: tableName(cluster), bridge: this.bridge, subnet: this.subnet, pods }))
      await run('nft', ['-f', file])
      if (forwarding) await letThrough(this.bridge)
    } catch (error) {
      const why = (error as { stderr?: string }).stderr?.split('\n')[0] || (error as Error).message
      log.warn(
        { error: why },
        'The packet filter cannot be changed: pods do not leave this machine, and have no ports on it',
      )
    }
  }

  /** Takes everything away again. */
  async remove(): Promise<void> {
    await removeNetwork(this.#options.cluster, this.#options.directory)
  }
}

/** Names of interfaces have at most fifteen characters. */
const bridgeName = (cluster: string) => `mk8s-${cluster}`.slice(0, 15)
const tableName = (cluster: string) => `minik8s-${cluster}-pods`
const vethName = (cluster: string, address: string) =>
  `mk8s${createHash('sha256').update(`${cluster}/${address}`).digest('hex').slice(0, 10)}`

/** As PodNetwork.remove, for a cluster that does not run. */
export async function removeNetwork(cluster: string, directory: string): Promise<void> {
  const message = deleteLink(bridgeName(cluster))
  await tellKernel(directory, [{ what: 'remove the bridge', message, accept: ['ENODEV'] }])
  const table = `ip ${tableName(cluster)}`
  const file = join(directory, 'rules.nft')
  await writeFile(file, `table ${table} {}\ndelete table ${table}\n`)
  await run('nft', ['-f', file]).catch(() => {})
  await holdBack(bridgeName(cluster)).catch(() => {})
  await rm(file, { force: true })
}

/** The choice is kept: addresses of pods outlive minik8s. */
async function chosenSubnet({ directory, subnet }: NetworkOptions): Promise<string> {
  const file = join(directory, 'network.json')
  const kept = await readFile(file, 'utf8').then(
    text => (JSON.parse(text) as { subnet: string }).subnet,
    () => undefined,
  )
  const chosen =
    kept ??
    subnet ??
    freeSubnet(
      Object.values(networkInterfaces()).flatMap(list => list ?? []),
      await routedNetworks(),
    )
  if (!kept) await writeFile(file, JSON.stringify({ subnet: chosen }))
  return chosen
}

/** Networks in the kernel's table, which has addresses as hexadecimal words of this machine's order. */
async function routedNetworks(): Promise<{ address: number; mask: number }[]> {
  const text = await readFile('/proc/net/route', 'utf8').catch(() => '')
  const swapped = (hex: string) => Buffer.from(hex, 'hex').readUInt32LE()
  return text
    .split('\n')
    .slice(1)
    .map(line => line.split('\t'))
    .flatMap(fields => (fields.length > 7 ? [{ address: swapped(fields[1]!), mask: swapped(fields[7]!) }] : []))
}

interface RulesInput {
  table: string
  bridge: string
  subnet: string
  pods: readonly MappedPod[]
}

/** The packets of pods leave with the host's address; ports of the host lead to pods. Pure. */
export function networkRules({ table, bridge, subnet, pods }: RulesInput): string {
  const ports = pods.flatMap(({ address, mappings }) =>
    mappings.map(({ containerPort, hostPort, protocol, hostIP }) => {
      const to = hostIP && hostIP !== '0.0.0.0' ? `ip daddr ${hostIP}` : 'fib daddr type local'
      return `    ${to} ${protocol.toLowerCase()} dport ${hostPort} dnat to ${address}:${containerPort}`
    }),
  )
  const hairpins = pods.flatMap(({ address, mappings }) =>
    mappings.map(
      ({ containerPort, protocol }) =>
        `    ip saddr ${subnet} ip daddr ${address} ${protocol.toLowerCase()} dport ${containerPort} ct status dnat masquerade`,
    ),
  )
  const chain = (hook: string, priority: string) =>
    [`  chain ${hook} {`, `    type nat hook ${hook} priority ${priority}; policy accept;`, ...ports, '  }'].join('\n')
  return `table ip ${table} {}
delete table ip ${table}
table ip ${table} {
${chain('prerouting', 'dstnat')}
${chain('output', '-100')}
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr ${subnet} oifname != "${bridge}" masquerade
    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade
${hairpins.join('\n')}
  }
}
`
}

/** Container engines on the same machine close it for everybody's packets but their own. */
async function dropsForwarded(): Promise<boolean> {
  const { stdout } = await run('nft', ['list', 'chain', 'ip', 'filter', 'FORWARD']).catch(() => ({ stdout: '' }))
  return /policy drop/.test(stdout)
}

async function letThrough(bridge: string): Promise<void> {
  const { stdout } = await run('nft', ['list', 'chain', 'ip', 'filter', 'FORWARD'])
  if (stdout.includes(`"${bridge}"`)) return
  for (const side of ['iifname', 'oifname'])
    await run('nft', ['insert', 'rule', 'ip', 'filter', 'FORWARD', side, bridge, 'accept'])
}

async function holdBack(bridge: string): Promise<void> {
  const { stdout } = await run('nft', ['-a', 'list', 'chain', 'ip', 'filter', 'FORWARD'])
  for (const line of stdout.split('\n')) {
    const handle = line.includes(`"${bridge}"`) && /# handle (\d+)/.exec(line)?.[1]
    if (handle) await run('nft', ['delete', 'rule', 'ip', 'filter', 'FORWARD', 'handle', handle])
  }
}
