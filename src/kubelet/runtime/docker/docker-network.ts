/** Pods on Docker's networks: a sandbox is plugged in by Docker when it starts, or by us into one that it started without. */
import type Docker from 'dockerode'
import type { NetworkManager, PodNetwork, SandboxToPlug } from '../../network/network-manager.js'
import { isRuntimeError, RuntimeError } from '../runtime.js'
import type { ClusterNetworks } from './cluster-networks.js'
import { noNetwork } from './create-body.js'
import { asking, askingOnce } from './errors.js'
import { addressesOf } from './inspect.js'

export class DockerNetwork implements NetworkManager {
  readonly #docker: Docker
  readonly #networks: ClusterNetworks

  constructor(docker: Docker, networks: ClusterNetworks) {
    this.#docker = docker
    this.#networks = networks
  }

  get podNetwork(): PodNetwork {
    return this.#networks.podNetwork
  }

  /** Where sandboxes of a node with those CIDRs are created. */
  modeFor(podCidrs: readonly string[]): Promise<string> {
    return this.#networks.current(podCidrs)
  }

  async add({ id, plugged, podCidrs = [] }: SandboxToPlug): Promise<readonly string[]> {
    if (plugged?.length) return plugged
    const network = await this.modeFor(podCidrs)
    await askingOnce(this.#docker.getNetwork(noNetwork).disconnect({ Container: id }))
    try {
      await asking(this.#docker.getNetwork(network).connect({ Container: id }))
      return addressesOf(await asking(this.#docker.getContainer(id).inspect()))
    } catch (error) {
      await this.remove(id).catch(() => {})
      throw error
    }
  }

  /** A container that is to start moves to the next network. */
  async moveOn(id: string, podCidrs: readonly string[]): Promise<void> {
    // Not the current one, where another container was faster.
    const { NetworkSettings } = await asking(this.#docker.getContainer(id).inspect())
    const [full = ''] = Object.keys(NetworkSettings.Networks)
    const next = await this.#networks.after(full, podCidrs)
    await asking(this.#docker.getNetwork(full).disconnect({ Container: id, Force: true }))
    await asking(this.#docker.getNetwork(next).connect({ Container: id }))
  }

  /** A sandbox is gone that Docker had plugged in. */
  noteGone(): void {
    this.#networks.noteGone()
  }

  async remove(id: string): Promise<void> {
    const networks = await this.#networksOf(id)
    await Promise.all(
      networks.map(name => askingOnce(this.#docker.getNetwork(name).disconnect({ Container: id, Force: true }))),
    )
  }

  /** Those of the cluster that hold the container, though it may be gone. */
  async #networksOf(id: string): Promise<string[]> {
    const all = await this.#networks.endpoints()
    return all.flatMap(({ name, containers }) => (containers.includes(id) ? [name] : []))
  }

  async check(id: string): Promise<void> {
    const info = await asking(this.#docker.getContainer(id).inspect()).catch(error => {
      if (isRuntimeError(error, 'not-found')) throw new RuntimeError('not-found', `sandbox ${id} has no network`)
      throw error
    })
    if (addressesOf(info).length === 0) throw new RuntimeError('not-found', `sandbox ${id} has no network`)
  }

  async list(): Promise<readonly string[]> {
    return (await this.#networks.endpoints()).flatMap(({ containers }) => containers)
  }

  /** Docker knows. */
  addressesOf(): undefined {
    return undefined
  }

  tearDown(): Promise<void> {
    return this.#networks.remove()
  }
}
