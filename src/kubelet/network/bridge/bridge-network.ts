/** Pods on bridges of the cluster's own: a pair of interfaces for each pod, and the way out of the machine. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../../telemetry/logger.js'
import { RuntimeError } from '../../runtime/runtime.js'
import type { PortMapping } from '../../runtime/types.js'
import { Ipv6Block } from '../ipv6-block.js'
import { type NetworkManager, type PodNetwork, rangesOf, type SandboxToPlug } from '../network-manager.js'
import { NodeNetworks } from '../node-networks.js'
import type { PodAddressing } from '../pod-addressing.js'
import { SandboxRecords } from '../sandbox-records.js'
import { unusedSubnet } from '../unused-subnet.js'
import { AddressBlock, type BlockPart } from './address-block.js'
import { makeBridge, plugPod, removeLinks } from './links.js'
import { holdBack, letThrough, loadPacketRules, removePacketRules } from './packet-rules.js'

export interface BridgeNetworkOptions {
  cluster: string
  /** Where launchers are put, and what was done is kept. */
  directory: string
  /** How the addresses of pods are divided, unless some are plugged in already. */
  addressing: PodAddressing
  log: Logger
}

interface PluggedSandbox {
  address: string
  mappings: readonly PortMapping[]
}

/** CIDRs, and the bits of a node's; absent where nodes have none of their own. */
interface Subnets {
  subnet: string
  ipv6?: string
  nodeMask?: number
}

/** Names of interfaces have at most fifteen characters. */
const bridgeName = (cluster: string, index: number) => `mk8${index === 0 ? 's' : index + 1}-${cluster}`.slice(0, 15)
const vethName = (cluster: string, address: string) =>
  `mk8s${createHash('sha256').update(`${cluster}/${address}`).digest('hex').slice(0, 10)}`

export class BridgeNetwork implements NetworkManager {
  readonly #options: BridgeNetworkOptions
  readonly #block: AddressBlock
  readonly #ipv6: Ipv6Block | undefined
  readonly #nodes: NodeNetworks | undefined
  readonly #records: SandboxRecords<PluggedSandbox>
  /** Indexes of those that were made, by part of the block. */
  readonly #bridges = new Map<number, Promise<number>>()
  readonly podNetwork: PodNetwork
  #loading: Promise<void> = Promise.resolve()

  private constructor(
    options: BridgeNetworkOptions,
    { subnet, ipv6, nodeMask }: Subnets,
    records: SandboxRecords<PluggedSandbox>,
  ) {
    this.#options = options
    this.#block = new AddressBlock(subnet, nodeMask)
    this.#ipv6 = ipv6 ? new Ipv6Block(ipv6) : undefined
    this.#nodes = nodeMask === undefined ? undefined : new NodeNetworks(this.#block, nodeMask, this.#ipv6)
    this.#records = records
    for (const { address } of records.values()) this.#block.keep(address)
    const { parts } = this.#block
    const bridges = parts.map(({ index }) => bridgeName(options.cluster, index))
    const second = this.#ipv6 && { subnet: this.#ipv6.subnet, gateway: this.#ipv6.part(0).gateway }
    this.podNetwork = {
      ...{ bridges, subnet, gateway: parts[0]!.gateway },
      ...(second && { ipv6: second }),
      ...(this.#nodes && { nodeRanges: this.#nodes.ranges }),
    }
  }

  /** Makes the first bridge, unless it is there. */
  static async open(options: BridgeNetworkOptions): Promise<BridgeNetwork> {
    await mkdir(options.directory, { recursive: true })
    const [subnets, records] = await Promise.all([
      chosenSubnets(options),
      SandboxRecords.open<PluggedSandbox>(recordsDirectory(options.directory)),
    ])
    const network = new BridgeNetwork(options, subnets, records)
    await network.#bridgeFor(network.#block.partAt(0))
    await network.#loadRules()
    return network
  }

  #bridgeFor(part: BlockPart): Promise<number> {
    const known = this.#bridges.get(part.index)
    if (known) return known
    const made = this.#makeBridge(part)
    this.#bridges.set(part.index, made)
    made.catch(() => this.#bridges.delete(part.index))
    return made
  }

  async #makeBridge({ index, gateway, prefix }: BlockPart): Promise<number> {
    const { cluster, directory, log } = this.#options
    const name = bridgeName(cluster, index)
    const second = this.#ipv6?.part(index)
    const addresses = [
      { address: gateway, prefix },
      ...(second ? [{ address: second.gateway, prefix: second.prefix }] : []),
    ]
    const made = await makeBridge(directory, { name, addresses })
    // Without it, nothing leaves the bridge; containers may run in a machine that does not let us change it.
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1').catch(() => {})
    await writeFile(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1').catch(() => {})
    // While it asks whether its own address is taken, what it passes on to pods that it does not know yet is lost.
    if (second) await writeFile(`/proc/sys/net/ipv6/conf/${name}/accept_dad`, '0').catch(() => {})
    for (const family of rangesOf(this.podNetwork).keys())
      await letThrough(name, family).catch(error => log.warn({ error: String(error), bridge: name }, filterWarning))
    return made
  }

  /** One after the other: each load is of all there is then. */
  #loadRules(): Promise<void> {
    const { cluster, directory, log } = this.#options
    const { bridges } = this.podNetwork
    this.#loading = this.#loading.then(async () => {
      // The newest first: a sandbox that is about to go may have the port still.
      const pods = this.#records.values().reverse()
      const mapped = pods.filter(({ mappings }) => mappings.length > 0)
      const rules = [...rangesOf(this.podNetwork)].map(([family, { subnet = '' }], i) => ({
        ...{ family, bridges, subnet },
        pods: mapped.map(({ address, mappings }) => ({ address: this.#addresses(address)[i]!, mappings })),
      }))
      await loadPacketRules({ cluster, directory }, rules).catch(error =>
        log.warn({ error: error.message }, filterWarning),
      )
    })
    return this.#loading
  }

  /** All that a pod has, by its first. */
  #addresses(address: string): string[] {
    const { index } = this.#block.partOf(address)
    return [address, ...(this.#ipv6 ? [this.#ipv6.address(index, this.#block.placeOf(address))] : [])]
  }

  #take(podCidrs: readonly string[]): string {
    // Throws where they are not ours.
    this.#nodes?.partsOf(podCidrs)
    const within = this.#nodes ? podCidrs[0]! : this.#block.subnet
    const address = this.#block.take(within)
    if (!address) throw new RuntimeError('other', `no address is left in ${within}`)
    return address
  }

  async add({ id, namespace, portMappings, podCidrs = [] }: SandboxToPlug): Promise<readonly string[]> {
    const { cluster, directory } = this.#options
    const address = this.#take(podCidrs)
    await this.#records.put(id, { address, mappings: portMappings })
    try {
      const part = this.#block.partOf(address)
      const bridgeIndex = await this.#bridgeFor(part)
      const networks = [part, ...(this.#ipv6 ? [this.#ipv6.part(part.index)] : [])]
      const own = this.#addresses(address)
      const addresses = networks.map(({ prefix, gateway }, i) => ({ address: own[i]!, prefix, gateway }))
      await plugPod(directory, { namespace, addresses, name: vethName(cluster, address), bridgeIndex })
      if (portMappings.length > 0) await this.#loadRules()
      return own
    } catch (error) {
      await this.remove(id).catch(() => {})
      throw error
    }
  }

  async remove(id: string): Promise<void> {
    const record = this.#records.get(id)
    if (!record) return
    const { cluster, directory } = this.#options
    // At once, where the kernel would take a moment after the last process has ended.
    await removeLinks(directory, [vethName(cluster, record.address)])
    await this.#records.delete(id)
    this.#block.giveBack(record.address)
    if (record.mappings.length > 0) await this.#loadRules()
  }

  async check(id: string): Promise<void> {
    const record = this.#records.get(id)
    if (!record) throw new RuntimeError('not-found', `sandbox ${id} has no network`)
    const { cluster } = this.#options
    const [name, bridge] = [
      vethName(cluster, record.address),
      bridgeName(cluster, this.#block.partOf(record.address).index),
    ]
    if (!existsSync(`/sys/class/net/${bridge}/brif/${name}`))
      throw new RuntimeError('other', `the interface ${name} of the pod is not on the bridge ${bridge}`)
  }

  async list(): Promise<readonly string[]> {
    return this.#records.ids()
  }

  addressesOf(id: string): readonly string[] | undefined {
    const record = this.#records.get(id)
    return record && this.#addresses(record.address)
  }

  async tearDown(): Promise<void> {
    const { cluster, directory } = this.#options
    await this.#loading
    const links = this.#records.values().map(({ address }) => vethName(cluster, address))
    await removeLinks(directory, [...links, ...this.podNetwork.bridges])
    await removePacketRules(cluster, directory)
    for (const family of rangesOf(this.podNetwork).keys()) await holdBack(this.podNetwork.bridges, family)
    await this.#records.removeAll()
    await rm(subnetFile(directory), { force: true })
  }
}

const filterWarning = 'The packet filter cannot be changed: pods do not leave this machine, and have no ports on it'

const recordsDirectory = (directory: string) => join(directory, 'plugged')
const subnetFile = (directory: string) => join(directory, 'network.json')

/** The choice is kept: addresses of pods outlive minik8s. */
async function chosenSubnets({ directory, addressing }: BridgeNetworkOptions): Promise<Subnets> {
  const file = subnetFile(directory)
  const kept = await readFile(file, 'utf8').then(
    text => JSON.parse(text) as Subnets,
    () => undefined,
  )
  if (kept) return kept
  const { subnet, prefix, ...others } = addressing
  const chosen = { subnet: subnet ?? (await unusedSubnet({ prefix })), ...others }
  await writeFile(file, JSON.stringify(chosen))
  return chosen
}
