/** What a node and its containers use, as the kubelet measures it for `kubectl top`. */

export interface ContainerUsage {
  namespace: string
  pod: string
  container: string
  /** Of CPU time per second. */
  cpuNanoCores: number
  memoryWorkingSetBytes: number
}

export interface NodeUsage {
  /** Of the later measurement: milliseconds since the epoch. */
  time: number
  /** Milliseconds between the two measurements that the CPU's rate is taken from. */
  windowMs: number
  cpuNanoCores: number
  memoryWorkingSetBytes: number
  containers: readonly ContainerUsage[]
}
