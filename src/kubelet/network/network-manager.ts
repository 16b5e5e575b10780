/** How pods get their network: what a container runtime asks of whoever provides it. One value serves all nodes of a process. */
import type { IpFamily } from '../../machinery/ip-family.js'
import type { Bandwidth, PodRef, PortMapping } from '../runtime/types.js'

/** A sandbox that runs, in a network namespace of its own. */
export interface SandboxToPlug {
  id: string
  pod: PodRef
  /** Path of the namespace. */
  namespace: string
  portMappings: readonly PortMapping[]
  bandwidth?: Bandwidth
  /** Of its node: where its addresses are to be from, where `podNetwork` has networks for nodes. */
  podCidrs?: readonly string[]
  /** Addresses that a container engine gave it when it started. */
  plugged?: readonly string[]
}

/** The addresses of pods of one family. */
export interface PodRange {
  /** CIDR of the pods; absent where it cannot be known. */
  subnet?: string
  /** Address of this machine that pods reach. */
  gateway: string
}

/** What the nodes of one family are given. */
export interface NodeRange {
  /** CIDR of all pods. */
  clusterCidr: string
  /** Bits of the network of a node. */
  nodeMaskSize: number
}

/** Where pods are, for those who carry packets to and from them: IPv4, and where pods have two addresses, IPv6. */
export interface PodNetwork extends PodRange {
  /** Linux bridges that pods are on, those too that are made when others are full; none where it cannot be known. */
  bridges: readonly string[]
  ipv6?: PodRange
  /** Of each family: pods get addresses of the networks that their node was given of it. Absent: nodes have none of their own. */
  nodeRanges?: readonly NodeRange[]
}

/** Families that pods have addresses of, with what is known of them. */
export const rangesOf = ({ ipv6, ...ipv4 }: PodNetwork): ReadonlyMap<IpFamily, PodRange> =>
  new Map<IpFamily, PodRange>([['IPv4', ipv4], ...(ipv6 ? [['IPv6', ipv6] as const] : [])])

/**
 * What it has done for a sandbox outlives this process: the next one goes on with it.
 * A sandbox is named by its id alone once it was added: its namespace may be gone.
 */
export interface NetworkManager {
  readonly podNetwork: PodNetwork
  /** Resolves with the addresses of the sandbox, of each family at most one. When it rejects, it has left nothing behind. */
  add(sandbox: SandboxToPlug): Promise<readonly string[]>
  /** Safe to repeat, and for what was never added. */
  remove(id: string): Promise<void>
  /** Rejects with what is not as `add` left it. */
  check(id: string): Promise<void>
  /** Sandboxes that have something. */
  list(): Promise<readonly string[]>
  /** What `add` gave; undefined where nothing is known of it, or the engine knows. */
  addressesOf(id: string): readonly string[] | undefined
  /** Takes away all that was made for this cluster. */
  tearDown(): Promise<void>
}

/** Takes away what sandboxes have that are no more: after a crash. Resolves with their ids. */
export async function removeLeftovers(manager: NetworkManager, present: ReadonlySet<string>): Promise<string[]> {
  const gone = (await manager.list()).filter(id => !present.has(id))
  await Promise.all(gone.map(id => manager.remove(id)))
  return gone
}
