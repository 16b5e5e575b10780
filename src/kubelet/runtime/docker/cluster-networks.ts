/** The networks of a cluster in Docker: one, and further ones when it is full. */
import type Docker from 'dockerode'
import { type IpFamily, isCidrOfFamily } from '../../../machinery/ip-family.js'
import type { Logger } from '../../../telemetry/logger.js'
import { AddressBlock, type BlockPart } from '../../network/bridge/address-block.js'
import { Ipv6Block } from '../../network/ipv6-block.js'
import type { PodNetwork } from '../../network/network-manager.js'
import { unusedSubnets } from '../../network/unused-subnet.js'
import { isRuntimeError, RuntimeError } from '../runtime.js'
import { asking, askingOnce, toRuntimeError } from './errors.js'
import { labelNames, ownerFilter } from './labels.js'
import type { Passage } from './passage.js'

export interface NetworksOptions {
  cluster: string
  /** Whether this machine's networks are those of the daemon's: then we know which are unused. */
  isLocal: boolean
  passage: Passage
  /** CIDR of the second addresses of pods; default: they have none. */
  ipv6?: string
  log: Logger
}

interface OneRange {
  subnet: string
  gateway: string
}

interface OneNetwork extends OneRange {
  name: string
  bridge: string
  ipv6?: OneRange
  containers: string[]
}

const networkName = (cluster: string, index: number) => `minik8s-${cluster}${index === 0 ? '' : `-${index + 1}`}`
/** Of the further ones; Docker names the first. Names of interfaces have at most fifteen characters. */
const bridgeName = (cluster: string, index: number) => `mk8${index + 1}-${cluster}`.slice(0, 15)

async function readNetwork(docker: Docker, name: string): Promise<OneNetwork | undefined> {
  try {
    const { Id, IPAM, Options, Containers } = await docker.getNetwork(name).inspect()
    const rangeOf = (family: IpFamily): OneRange | undefined => {
      const ipam = IPAM?.Config?.find(({ Subnet = '' }) => isCidrOfFamily(Subnet, family))
      return ipam && { subnet: ipam.Subnet ?? '', gateway: ipam.Gateway ?? '' }
    }
    const ipv6 = rangeOf('IPv6')
    return {
      name,
      bridge: Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
      ...(rangeOf('IPv4') ?? { subnet: '', gateway: '' }),
      ...(ipv6 && { ipv6 }),
      // Endpoints without a container have a name instead of its id.
      containers: Object.keys(Containers ?? {}).filter(id => /^[0-9a-f]{64}$/.test(id)),
    }
  } catch (error) {
    const failure = toRuntimeError(error)
    if (failure.kind === 'not-found') return undefined
    throw failure
  }
}

interface NewNetwork {
  cluster: string
  name: string
  /** Absent: Docker chooses. */
  part?: BlockPart
  ipv6?: OneRange | undefined
  bridge?: string
}

async function makeNetwork(docker: Docker, { cluster, name, part, ipv6, bridge }: NewNetwork): Promise<OneNetwork> {
  const ranges = [part, ipv6].flatMap(range => (range ? [{ Subnet: range.subnet, Gateway: range.gateway }] : []))
  const create = docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [labelNames.cluster]: cluster },
    ...(bridge && { Options: { 'com.docker.network.bridge.name': bridge } }),
    ...(ipv6 && { EnableIPv6: true }),
    ...(ranges.length > 0 && { IPAM: { Driver: 'default', Config: ranges } }),
  })
  await asking(create).catch(error => {
    // Another node's process was faster.
    if (!isRuntimeError(error, 'conflict')) throw error
  })
  const made = await readNetwork(docker, name)
  if (!made) throw new RuntimeError('other', `Docker did not keep the network ${name}`)
  return made
}

/** Docker refuses networks that others of its own overlap: the next is tried then, and at the end Docker chooses. */
async function makeFirst(docker: Docker, { cluster, isLocal, ipv6: block }: NetworksOptions): Promise<OneNetwork> {
  const ipv6 = block ? new Ipv6Block(block).part(0) : undefined
  const name = networkName(cluster, 0)
  for (const block of isLocal ? await unusedSubnets() : []) {
    const part = new AddressBlock(block).parts[0]!
    try {
      return await makeNetwork(docker, { cluster, name, part, ipv6 })
    } catch (error) {
      if (!/overlaps/.test(String(error))) throw error
    }
  }
  return makeNetwork(docker, { cluster, name, ipv6 })
}

/** A daemon may be set up without IPv6: then pods have one address, and services of that family nobody behind them. */
async function makeFirstOrPlain(docker: Docker, options: NetworksOptions): Promise<OneNetwork> {
  try {
    return await makeFirst(docker, options)
  } catch (error) {
    if (!options.ipv6) throw error
    options.log.warn({ error: String(error) }, 'Docker makes no network with IPv6 addresses: pods have IPv4 only')
    const { ipv6: _, ...plain } = options
    return makeFirst(docker, plain)
  }
}

/** How many sandboxes go before one that was full is tried again. */
const retryAfter = 20

export class ClusterNetworks {
  readonly #docker: Docker
  readonly #options: NetworksOptions
  readonly #block: AddressBlock | undefined
  readonly #ipv6: Ipv6Block | undefined
  readonly podNetwork: PodNetwork
  #index = 0
  #gone = 0
  readonly #made = new Map<number, Promise<void>>()

  private constructor(docker: Docker, options: NetworksOptions, first: OneNetwork) {
    this.#docker = docker
    this.#options = options
    this.#block = AddressBlock.around(first.subnet)
    this.#ipv6 = first.ipv6 && Ipv6Block.around(first.ipv6.subnet)
    const further = (this.#block?.parts ?? []).slice(1).map(({ index }) => bridgeName(options.cluster, index))
    this.podNetwork = {
      bridges: [first.bridge, ...further],
      subnet: this.#block?.subnet ?? first.subnet,
      gateway: first.gateway,
      ...(first.ipv6 && { ipv6: { ...first.ipv6, ...(this.#ipv6 && { subnet: this.#ipv6.subnet }) } }),
    }
  }

  static async open(docker: Docker, options: NetworksOptions): Promise<ClusterNetworks> {
    const existing = await readNetwork(docker, networkName(options.cluster, 0))
    return new ClusterNetworks(docker, options, existing ?? (await makeFirstOrPlain(docker, options)))
  }

  /** Name of the one that takes sandboxes. */
  get current(): string {
    return networkName(this.#options.cluster, this.#index)
  }

  /** Name of the one to go on with when that one is full. */
  async after(full: string): Promise<string> {
    if (full === this.current) {
      const next = this.#block?.parts[this.#index + 1]
      if (!next) throw new RuntimeError('other', `the network ${full} is full, and there is no further one`)
      await this.#ensure(next)
      this.#index = next.index
    }
    return this.current
  }

  #ensure(part: BlockPart): Promise<void> {
    const known = this.#made.get(part.index)
    if (known) return known
    const made = this.#make(part)
    this.#made.set(part.index, made)
    made.catch(() => this.#made.delete(part.index))
    return made
  }

  async #make(part: BlockPart): Promise<void> {
    const { index } = part
    const { cluster, passage } = this.#options
    const name = networkName(cluster, index)
    const existing = await readNetwork(this.#docker, name)
    const ipv6 = this.#ipv6?.part(index)
    if (!existing) await makeNetwork(this.#docker, { cluster, name, part, ipv6, bridge: bridgeName(cluster, index) })
    const banks = this.podNetwork.bridges.slice(0, index + 1)
    await passage.open(
      banks.map((bridge, i) => {
        const own = this.#ipv6 && { ipv6: this.#ipv6.part(i) }
        return { bridge, subnet: this.#block!.parts[i]!.subnet, ...own }
      }),
    )
  }

  /** A sandbox is gone: there may be room again. */
  noteGone(): void {
    this.#gone++
    if (this.#gone % retryAfter === 0) this.#index = 0
  }

  /** Which containers are plugged into which. */
  async endpoints(): Promise<{ name: string; containers: string[] }[]> {
    const filters = { label: ownerFilter(this.#options.cluster) }
    const all = await asking(this.#docker.listNetworks({ filters }))
    const read = await Promise.all(all.map(({ Name }) => readNetwork(this.#docker, Name)))
    return read.filter(network => network !== undefined)
  }

  remove(): Promise<void> {
    return removeNetworks(this.#docker, this.#options)
  }
}

/** All that a cluster has, whether it runs or not. */
export async function removeNetworks(
  docker: Docker,
  { cluster, passage }: Pick<NetworksOptions, 'cluster' | 'passage'>,
) {
  const networks = await asking(docker.listNetworks({ filters: { label: ownerFilter(cluster) } }))
  if (networks.length > 1) {
    const read = await Promise.all(networks.map(({ Name }) => readNetwork(docker, Name)))
    await passage.close(read.filter(network => network !== undefined))
  }
  await Promise.all(networks.map(({ Id }) => removeNetwork(docker.getNetwork(Id))))
}

/** A container whose removal was under way already may still be plugged in: it is unplugged then. */
async function removeNetwork(network: Docker.Network): Promise<void> {
  const { Containers = {} } = await asking(network.inspect())
  const unplug = (id: string) => askingOnce(network.disconnect({ Container: id, Force: true }))
  await Promise.all(Object.keys(Containers).map(unplug))
  await askingOnce(network.remove())
}
