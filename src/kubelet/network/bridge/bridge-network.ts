/** Pods on bridges of the cluster's own: a pair of interfaces for each pod, and the way out of the machine. */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../../../telemetry/logger.js'
import { RuntimeError } from '../../runtime/runtime.js'
import type { PortMapping } from '../../runtime/types.js'
import type { NetworkManager, PodNetwork, SandboxToPlug } from '../network-manager.js'
import { SandboxRecords } from '../sandbox-records.js'
import { unusedSubnet } from '../unused-subnet.js'
import { AddressBlock, type BlockPart } from './address-block.js'
import { makeBridge, plugPod, removeLinks } from './links.js'
import { holdBack, letThrough, loadPacketRules, removePacketRules } from './packet-rules.js'

export interface BridgeNetworkOptions {
  cluster: string
  /** Where launchers are put, and what was done is kept. */
  directory: string
  /** CIDR of all pods; default: one that this machine does not use. */
  subnet?: string
  log: Logger
}

interface PluggedSandbox {
  address: string
  mappings: readonly PortMapping[]
}

/** Names of interfaces have at most fifteen characters. */
const bridgeName = (cluster: string, index: number) => `mk8${index === 0 ? 's' : index + 1}-${cluster}`.slice(0, 15)
const vethName = (cluster: string, address: string) =>
  `mk8s${createHash('sha256').update(`${cluster}/${address}`).digest('hex').slice(0, 10)}`

export class BridgeNetwork implements NetworkManager {
  readonly #options: BridgeNetworkOptions
  readonly #block: AddressBlock
  readonly #records: SandboxRecords<PluggedSandbox>
  /** Indexes of those that were made, by part of the block. */
  readonly #bridges = new Map<number, Promise<number>>()
  readonly podNetwork: PodNetwork
  #loading: Promise<void> = Promise.resolve()

  private constructor(options: BridgeNetworkOptions, subnet: string, records: SandboxRecords<PluggedSandbox>) {
    this.#options = options
    this.#block = new AddressBlock(subnet)
    this.#records = records
    for (const { address } of records.values()) this.#block.keep(address)
    const { parts } = this.#block
    const bridges = parts.map(({ index }) => bridgeName(options.cluster, index))
    this.podNetwork = { bridges, subnet, gateway: parts[0]!.gateway }
  }

  /** Makes the first bridge, unless it is there. */
  static async open(options: BridgeNetworkOptions): Promise<BridgeNetwork> {
    await mkdir(options.directory, { recursive: true })
    const [subnet, records] = await Promise.all([
      chosenSubnet(options),
      SandboxRecords.open<PluggedSandbox>(recordsDirectory(options.directory)),
    ])
    const network = new BridgeNetwork(options, subnet, records)
    await network.#bridgeFor(network.#block.parts[0]!)
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
    const made = await makeBridge(directory, { name, address: gateway, prefix })
    // Without it, nothing leaves the bridge; containers may run in a machine that does not let us change it.
    await writeFile('/proc/sys/net/ipv4/ip_forward', '1').catch(() => {})
    await writeFile(`/proc/sys/net/ipv4/conf/${name}/route_localnet`, '1').catch(() => {})
    await letThrough(name).catch(error => log.warn({ error: String(error), bridge: name }, filterWarning))
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
      const rules = { bridges, subnet: this.#block.subnet, pods: mapped }
      await loadPacketRules({ cluster, directory }, rules).catch(error =>
        log.warn({ error: error.message }, filterWarning),
      )
    })
    return this.#loading
  }

  async add({ id, namespace, portMappings }: SandboxToPlug): Promise<readonly string[]> {
    const { cluster, directory } = this.#options
    const address = this.#block.take()
    if (!address) throw new RuntimeError('other', `no address is left in ${this.#block.subnet}`)
    await this.#records.put(id, { address, mappings: portMappings })
    try {
      const part = this.#block.partOf(address)
      const bridgeIndex = await this.#bridgeFor(part)
      const { gateway, prefix } = part
      await plugPod(directory, { namespace, address, prefix, gateway, name: vethName(cluster, address), bridgeIndex })
      if (portMappings.length > 0) await this.#loadRules()
      return [address]
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
    return record && [record.address]
  }

  async tearDown(): Promise<void> {
    const { cluster, directory } = this.#options
    await this.#loading
    const links = this.#records.values().map(({ address }) => vethName(cluster, address))
    await removeLinks(directory, [...links, ...this.podNetwork.bridges])
    await removePacketRules(cluster, directory)
    await holdBack(this.podNetwork.bridges)
    await this.#records.removeAll()
    await rm(subnetFile(directory), { force: true })
  }
}

const filterWarning = 'The packet filter cannot be changed: pods do not leave this machine, and have no ports on it'

const recordsDirectory = (directory: string) => join(directory, 'plugged')
const subnetFile = (directory: string) => join(directory, 'network.json')

/** The choice is kept: addresses of pods outlive minik8s. */
async function chosenSubnet({ directory, subnet }: BridgeNetworkOptions): Promise<string> {
  const file = subnetFile(directory)
  const kept = await readFile(file, 'utf8').then(
    text => (JSON.parse(text) as { subnet: string }).subnet,
    () => undefined,
  )
  if (kept) return kept
  const chosen = subnet ?? (await unusedSubnet())
  await writeFile(file, JSON.stringify({ subnet: chosen }))
  return chosen
}
