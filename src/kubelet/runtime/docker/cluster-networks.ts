/** The networks of a cluster in Docker: one, and further ones when it is full. */
import type Docker from 'dockerode'
import type { Logger } from '../../../telemetry/logger.js'
import { AddressBlock, type BlockPart } from '../../network/bridge/address-block.js'
import { Ipv6Block } from '../../network/ipv6-block.js'
import type { PodNetwork } from '../../network/network-manager.js'
import { NodeNetworks } from '../../network/node-networks.js'
import type { PodAddressing } from '../../network/pod-addressing.js'
import { unusedSubnets } from '../../network/unused-subnet.js'
import { RuntimeError } from '../runtime.js'
import { asking } from './errors.js'
import { labelNames, ownerFilter } from './labels.js'
import { makeNetwork, type OneNetwork, readNetwork, removeNetwork } from './one-network.js'
import type { Bank, Passage } from './passage.js'

export interface NetworksOptions {
  cluster: string
  /** Whether this machine's networks are those of the daemon's: then we know which are unused. */
  isLocal: boolean
  passage: Passage
  /** How the addresses of pods are divided, unless there are networks already; by Docker, where we cannot know what is free. */
  addressing: PodAddressing
  log: Logger
}

const networkName = (cluster: string, index: number) => `minik8s-${cluster}${index === 0 ? '' : `-${index + 1}`}`
/** Of the further ones; Docker names the first. Names of interfaces have at most fifteen characters. */
const bridgeName = (cluster: string, index: number) => `mk8${index + 1}-${cluster}`.slice(0, 15)

/** What the first network says of all. */
const blockLabels = ({ subnet, nodeMask }: AddressBlock) => ({
  [labelNames.podBlock]: subnet,
  ...(nodeMask !== undefined && { [labelNames.nodeMask]: String(nodeMask) }),
})

/** Without labels it is of a version before this, or Docker chose it. */
function blockOf({ subnet, labels }: OneNetwork): AddressBlock | undefined {
  const { [labelNames.podBlock]: block, [labelNames.nodeMask]: mask } = labels
  return block ? new AddressBlock(block, mask ? Number(mask) : undefined) : AddressBlock.around(subnet)
}

/** Nodes have networks of their own where packets can pass between them. */
async function nodeMaskOf({ addressing: { nodeMask }, passage, log }: NetworksOptions): Promise<number | undefined> {
  if (nodeMask === undefined || (await passage.isPossible())) return nodeMask
  log.info({}, 'Docker keeps its networks apart here: nodes have no pod CIDRs of their own')
  return undefined
}

/** Docker refuses networks that others of its own overlap: the next is tried then, and at the end Docker chooses. */
async function makeFirst(docker: Docker, options: NetworksOptions): Promise<OneNetwork> {
  const { cluster, isLocal, addressing } = options
  const { subnet, prefix } = addressing
  const ipv6 = addressing.ipv6 ? new Ipv6Block(addressing.ipv6).part(0) : undefined
  const name = networkName(cluster, 0)
  const nodeMask = isLocal ? await nodeMaskOf(options) : undefined
  for (const one of subnet ? [subnet] : isLocal ? await unusedSubnets(nodeMask ? prefix : undefined) : []) {
    const block = new AddressBlock(one, nodeMask)
    try {
      return await makeNetwork(docker, { cluster, name, part: block.partAt(0), ipv6, labels: blockLabels(block) })
    } catch (error) {
      if (subnet || !/overlaps/.test(String(error))) throw error
    }
  }
  return makeNetwork(docker, { cluster, name, ipv6 })
}

/** A daemon may be set up without IPv6: then pods have one address, and services of that family nobody behind them. */
async function makeFirstOrPlain(docker: Docker, options: NetworksOptions): Promise<OneNetwork> {
  try {
    return await makeFirst(docker, options)
  } catch (error) {
    const { ipv6, ...addressing } = options.addressing
    if (!ipv6) throw error
    options.log.warn({ error: String(error) }, 'Docker makes no network with IPv6 addresses: pods have IPv4 only')
    return makeFirst(docker, { ...options, addressing })
  }
}

/** How many sandboxes go before one that was full is tried again. */
const retryAfter = 20

/** Networks that the pods of a node, or of all, are in: one takes sandboxes until it is full. */
interface Share {
  parts: readonly BlockPart[]
  /** Which of them does. */
  place: number
}

export class ClusterNetworks {
  readonly #docker: Docker
  readonly #options: NetworksOptions
  readonly #block: AddressBlock | undefined
  readonly #ipv6: Ipv6Block | undefined
  readonly #nodes: NodeNetworks | undefined
  readonly podNetwork: PodNetwork
  /** By the CIDRs of a node; all nodes have one where they have none of their own. */
  readonly #shares = new Map<string, Share>()
  #gone = 0
  /** The first is there. */
  readonly #made = new Map<number, Promise<void>>([[0, Promise.resolve()]])

  private constructor(docker: Docker, options: NetworksOptions, first: OneNetwork) {
    this.#docker = docker
    this.#options = options
    this.#block = blockOf(first)
    this.#ipv6 = first.ipv6 && Ipv6Block.around(first.ipv6.subnet)
    const { nodeMask } = this.#block ?? {}
    this.#nodes = nodeMask === undefined ? undefined : new NodeNetworks(this.#block!, nodeMask, this.#ipv6)
    const further = (this.#block?.parts ?? []).slice(1).map(({ index }) => bridgeName(options.cluster, index))
    this.podNetwork = {
      bridges: [first.bridge, ...further],
      subnet: this.#block?.subnet ?? first.subnet,
      gateway: first.gateway,
      ...(first.ipv6 && { ipv6: { ...first.ipv6, ...(this.#ipv6 && { subnet: this.#ipv6.subnet }) } }),
      ...(this.#nodes && { nodeRanges: this.#nodes.ranges }),
    }
  }

  static async open(docker: Docker, options: NetworksOptions): Promise<ClusterNetworks> {
    const existing = await readNetwork(docker, networkName(options.cluster, 0))
    return new ClusterNetworks(docker, options, existing ?? (await makeFirstOrPlain(docker, options)))
  }

  #shareOf(podCidrs: readonly string[]): Share {
    const key = this.#nodes ? podCidrs.join() : ''
    const known = this.#shares.get(key)
    if (known) return known
    const share = { parts: this.#nodes?.partsOf(podCidrs) ?? this.#block?.parts ?? [], place: 0 }
    this.#shares.set(key, share)
    return share
  }

  #nameIn({ parts, place }: Share): string {
    return networkName(this.#options.cluster, parts[place]?.index ?? 0)
  }

  /** Name of the one that takes sandboxes of a node with those CIDRs. */
  async current(podCidrs: readonly string[]): Promise<string> {
    const share = this.#shareOf(podCidrs)
    const part = share.parts[share.place]
    if (part) await this.#ensure(part)
    return this.#nameIn(share)
  }

  /** Name of the one to go on with when that one is full. */
  async after(full: string, podCidrs: readonly string[]): Promise<string> {
    const share = this.#shareOf(podCidrs)
    if (full === this.#nameIn(share)) {
      if (!share.parts[share.place + 1])
        throw new RuntimeError('other', `the network ${full} is full, and there is no further one`)
      share.place++
    }
    return this.current(podCidrs)
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
    const second = this.#ipv6 && { ipv6: this.#ipv6.subnet }
    await passage.open(
      [0, index].map(place => this.#bank(place)),
      { subnet: this.#block!.subnet, ...second },
    )
  }

  #bank(index: number): Bank {
    const own = this.#ipv6 && { ipv6: this.#ipv6.part(index) }
    return { bridge: this.podNetwork.bridges[index]!, subnet: this.#block!.partAt(index).subnet, ...own }
  }

  /** A sandbox is gone: there may be room again. */
  noteGone(): void {
    this.#gone++
    if (this.#gone % retryAfter === 0) for (const share of this.#shares.values()) share.place = 0
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
