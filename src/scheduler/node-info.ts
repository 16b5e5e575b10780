/** A node with the pods on it and the sums over them, kept as pods come and go. */

import type { Node } from '../apis/generated/core-v1.js'
import { quantityValue } from '../machinery/quantity.js'
import type { HostPort, PodInfo } from './pod-info.js'
import { ResourceAmounts, resourceAmounts } from './resource-amounts.js'

const anyAddress = '0.0.0.0'
const portKey = ({ protocol, port }: Pick<HostPort, 'protocol' | 'port'>) => `${protocol}/${port}`

export class NodeInfo {
  readonly name: string
  /** In the cache's list of nodes; -1 outside of it. */
  place = -1
  readonly pods = new Map<string, PodInfo>()
  readonly requested = new ResourceAmounts()
  readonly nonZeroRequested = new ResourceAmounts()
  allocatable = new ResourceAmounts()
  allowedPods = 0
  /** What is left: of milli-CPU, memory, ephemeral storage, and pods. Side by side, for the loop that looks at every node. */
  private readonly free = new Float64Array(4)
  readonly podsWithAffinity = new Map<string, PodInfo>()
  readonly podsWithRequiredAntiAffinity = new Map<string, PodInfo>()
  private current: Node | undefined
  /** Addresses in use, with how often, by protocol and port. */
  private readonly usedPorts = new Map<string, Map<string, number>>()

  constructor(name: string) {
    this.name = name
  }

  /** Undefined while only its pods are known. */
  get known(): boolean {
    return this.current !== undefined
  }

  /** Throws when only its pods are known. */
  get node(): Node {
    if (!this.current) throw new Error(`node ${this.name} is not known`)
    return this.current
  }

  setNode(node: Node): void {
    this.current = node
    const allocatable = node.status?.allocatable
    this.allocatable = resourceAmounts(allocatable)
    this.allowedPods = allocatable?.pods === undefined ? 0 : quantityValue(allocatable.pods)
    this.countFree()
  }

  removeNode(): void {
    this.current = undefined
    this.place = -1
    this.allocatable = new ResourceAmounts()
    this.allowedPods = 0
    this.countFree()
  }

  /** True when one more pod of this appetite surely fits; extended resources are not looked at, so false says nothing. */
  hasRoomFor({ milliCpu, memory, ephemeralStorage, scalars }: ResourceAmounts): boolean {
    const { free } = this
    return (
      !scalars?.size &&
      (free[3] as number) > 0 &&
      (milliCpu <= 0 || milliCpu <= (free[0] as number)) &&
      (memory <= 0 || memory <= (free[1] as number)) &&
      (ephemeralStorage <= 0 || ephemeralStorage <= (free[2] as number))
    )
  }

  label(key: string): string | undefined {
    return this.current?.metadata.labels?.[key]
  }

  addPod(info: PodInfo): void {
    this.pods.set(info.uid, info)
    this.requested.add(info.requests)
    this.nonZeroRequested.add(info.nonZeroRequests)
    this.countFree()
    if (info.hasAffinity) this.podsWithAffinity.set(info.uid, info)
    if (info.requiredAntiAffinity.length) this.podsWithRequiredAntiAffinity.set(info.uid, info)
    for (const port of info.hostPorts) this.usePort(port, 1)
  }

  /** In place of what was known of the same pod; it must take up the same. */
  renewPod(info: PodInfo): void {
    this.pods.set(info.uid, info)
    if (info.hasAffinity) this.podsWithAffinity.set(info.uid, info)
    if (info.requiredAntiAffinity.length) this.podsWithRequiredAntiAffinity.set(info.uid, info)
  }

  removePod(uid: string): void {
    const info = this.pods.get(uid)
    if (!info) return
    this.pods.delete(uid)
    this.requested.subtract(info.requests)
    this.nonZeroRequested.subtract(info.nonZeroRequests)
    this.countFree()
    this.podsWithAffinity.delete(uid)
    this.podsWithRequiredAntiAffinity.delete(uid)
    for (const port of info.hostPorts) this.usePort(port, -1)
  }

  /** True when the port is taken on that address, or on all. */
  conflicts(port: HostPort): boolean {
    const addresses = this.usedPorts.get(portKey(port))
    if (!addresses) return false
    return port.ip === anyAddress || addresses.has(anyAddress) || addresses.has(port.ip)
  }

  /** A copy to try things on: pods may be added and removed without a trace here. */
  clone(): NodeInfo {
    const copy = new NodeInfo(this.name)
    copy.current = this.current
    copy.allocatable = this.allocatable
    copy.allowedPods = this.allowedPods
    copy.countFree()
    for (const info of this.pods.values()) copy.addPod(info)
    return copy
  }

  private countFree(): void {
    const { free, allocatable, requested } = this
    free[0] = allocatable.milliCpu - requested.milliCpu
    free[1] = allocatable.memory - requested.memory
    free[2] = allocatable.ephemeralStorage - requested.ephemeralStorage
    free[3] = this.allowedPods - this.pods.size
  }

  private usePort(port: HostPort, by: 1 | -1): void {
    const key = portKey(port)
    const addresses = this.usedPorts.get(key) ?? new Map<string, number>()
    const count = (addresses.get(port.ip) ?? 0) + by
    if (count) addresses.set(port.ip, count)
    else addresses.delete(port.ip)
    if (addresses.size) this.usedPorts.set(key, addresses)
    else this.usedPorts.delete(key)
  }
}
