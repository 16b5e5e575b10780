/** Pods plugged in by CNI plugins that the administrator has chosen. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { IpFamily } from '../../../machinery/ip-family.js'
import { RuntimeError } from '../../runtime/runtime.js'
import type { PodRef } from '../../runtime/types.js'
import type { NetworkManager, PodNetwork, SandboxToPlug } from '../network-manager.js'
import { SandboxRecords } from '../sandbox-records.js'
import { isFrom, type NetworkConfiguration, readConfiguration, subnetOf } from './configuration.js'
import type { CniHost } from './host-address.js'
import type { Attachment, PluginCommand, RunPlugin } from './plugin.js'
import { addressesOf, type PluginResult, parseResult } from './result.js'
import { inputOf, laterInputOf, type PodSettings } from './runtime-config.js'

export interface CniNetworkOptions {
  /** Where what was done is kept. */
  directory: string
  /** `--cni-conf-dir`: read at each ADD, as it may change. */
  configurations: string
  run: RunPlugin
  host: CniHost
}

/** What was asked of the plugins, so that it can be undone by what they were asked with, whatever the configuration is then. */
interface Plugged {
  network: NetworkConfiguration
  pod: PodRef
  settings: PodSettings
  namespace: string
  /** Tells the namespace from one that comes to have its path: that of another process with the same number. */
  inode: string
  /** Absent while the plugins are at it. */
  result?: PluginResult
}

const interfaceName = 'eth0'

const argsOf = (id: string, { namespace, name, uid }: PodRef): string =>
  [
    'IgnoreUnknown=1',
    `K8S_POD_NAMESPACE=${namespace}`,
    `K8S_POD_NAME=${name}`,
    `K8S_POD_INFRA_CONTAINER_ID=${id}`,
    `K8S_POD_UID=${uid}`,
  ].join(';')

const inodeOf = (path: string): Promise<string> =>
  stat(path, { bigint: true }).then(
    ({ ino }) => String(ino),
    () => '',
  )

export class CniNetwork implements NetworkManager {
  readonly #options: CniNetworkOptions
  readonly #records: SandboxRecords<Plugged>
  readonly podNetwork: PodNetwork
  /** Under way: a removal waits for what is being added. */
  readonly #adding = new Map<string, Promise<unknown>>()
  readonly #removing = new Map<string, Promise<void>>()

  private constructor(options: CniNetworkOptions, records: SandboxRecords<Plugged>, podNetwork: PodNetwork) {
    this.#options = options
    this.#records = records
    this.podNetwork = podNetwork
  }

  /** A configuration may come later: who makes it may be a pod. */
  static async open(options: CniNetworkOptions): Promise<CniNetwork> {
    const { directory, configurations, host } = options
    const records = await SandboxRecords.open<Plugged>(join(directory, 'plugged'))
    const [[gateway = '', second], configuration] = await Promise.all([
      host.openAddresses(),
      readConfiguration(configurations).catch(() => undefined),
    ])
    const range = (address: string, family: IpFamily) => {
      const subnet = configuration && subnetOf(configuration, family)
      return { gateway: address, ...(subnet && { subnet }) }
    }
    const network = { bridges: [], ...range(gateway, 'IPv4'), ...(second && { ipv6: range(second, 'IPv6') }) }
    return new CniNetwork(options, records, network)
  }

  async #attachment(id: string, { namespace, inode, pod }: Plugged): Promise<Attachment> {
    const isThere = inode !== '' && (await inodeOf(namespace)) === inode
    return { containerId: id, namespace: isThere ? namespace : '', interfaceName, args: argsOf(id, pod) }
  }

  add(sandbox: SandboxToPlug): Promise<readonly string[]> {
    const added = this.#add(sandbox).finally(() => this.#adding.delete(sandbox.id))
    this.#adding.set(sandbox.id, added)
    return added
  }

  async #add({ id, pod, namespace, portMappings, bandwidth }: SandboxToPlug): Promise<readonly string[]> {
    const network = await readConfiguration(this.#options.configurations)
    const settings: PodSettings = { portMappings, ...(bandwidth && { bandwidth }) }
    const record: Plugged = { network, pod, settings, namespace, inode: await inodeOf(namespace) }
    // Before any plugin runs: what it does is to be undone though we may not hear of it.
    await this.#records.put(id, record)
    try {
      await this.#options.host.setLoopbackUp(namespace)
      const result = await this.#addTo(id, record)
      const addresses = addressesOf(result)
      if (addresses.length === 0) throw new RuntimeError('other', `network ${network.name} gave the pod no address`)
      await this.#records.put(id, { ...record, result })
      return addresses
    } catch (error) {
      await this.#remove(id).catch(() => {})
      throw error
    }
  }

  async #addTo(id: string, record: Plugged): Promise<PluginResult> {
    const { network, settings } = record
    const call = { command: 'ADD' as const, attachment: await this.#attachment(id, record) }
    let previous: PluginResult | undefined
    for (const plugin of network.plugins) {
      const output = await this.#options.run(plugin.type, call, inputOf(network, plugin, { settings, previous }))
      previous = parseResult({ plugin: plugin.type, command: call.command }, output)
    }
    return previous!
  }

  async #tell(id: string, record: Plugged, command: PluginCommand): Promise<void> {
    const { network, settings, result: previous } = record
    const call = { command, attachment: await this.#attachment(id, record) }
    const plugins = command === 'DEL' ? [...network.plugins].reverse() : network.plugins
    for (const plugin of plugins)
      await this.#options.run(plugin.type, call, laterInputOf(network, plugin, { settings, previous }))
  }

  remove(id: string): Promise<void> {
    const known = this.#removing.get(id)
    if (known) return known
    const removed = this.#removeOnce(id).finally(() => this.#removing.delete(id))
    this.#removing.set(id, removed)
    return removed
  }

  async #removeOnce(id: string): Promise<void> {
    await this.#adding.get(id)?.catch(() => {})
    await this.#remove(id)
  }

  /** Where a plugin fails, what was done stays on record: it is tried again. */
  async #remove(id: string): Promise<void> {
    const record = this.#records.get(id)
    if (!record) return
    await this.#tell(id, record, 'DEL')
    await this.#records.delete(id)
  }

  async check(id: string): Promise<void> {
    const record = this.#records.get(id)
    if (!record?.result) throw new RuntimeError('not-found', `sandbox ${id} has no network`)
    const { cniVersion, disableCheck } = record.network
    if (isFrom(cniVersion, '0.4.0') && !disableCheck) await this.#tell(id, record, 'CHECK')
  }

  async list(): Promise<readonly string[]> {
    return this.#records.ids()
  }

  addressesOf(id: string): readonly string[] {
    const result = this.#records.get(id)?.result
    return result ? addressesOf(result) : []
  }

  /** What plugins have made for all their pods, such as a bridge, is theirs. */
  async tearDown(): Promise<void> {
    await Promise.all(this.#records.ids().map(id => this.remove(id)))
    await this.#records.removeAll()
    await this.#options.host.closeAddresses()
  }
}
