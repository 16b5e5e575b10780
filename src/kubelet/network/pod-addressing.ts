/** How the addresses of the pods of a new cluster are to be divided. */
export interface PodAddressing {
  /** CIDR of all pods; default: one that this machine has no use for. */
  subnet?: string
  /** Bits of it, where it is to be found. */
  prefix: number
  /** Bits of the network that each node has of it; absent: nodes have none of their own. */
  nodeMask?: number
  /** CIDR of second addresses; absent: pods have none. */
  ipv6?: string
}
