/** What nodes really use, as metrics.k8s.io tells: asked for when somebody wants to know, and again when that was a while ago. */

import type { Clock } from '../machinery/clock.js'
import { quantityMilliValue, quantityValue } from '../machinery/quantity.js'
import type { Logger } from '../telemetry/logger.js'
import type { ClusterCache } from './cache.js'

export interface NodeLoad {
  milliCpu: number
  /** Bytes. */
  memory: number
  /** UIDs of the pods that were there when it was measured. */
  pods: ReadonlySet<string>
}

export interface NodeUsage {
  metadata: { name?: string }
  usage: Record<string, string>
}

export interface NodeLoadsDeps {
  /** Lists NodeMetrics; rejects where nobody measures. Absent: nothing is known. */
  read?: (() => Promise<readonly NodeUsage[]>) | undefined
  clock: Clock
  log: Logger
  cache: ClusterCache
}

/** By node name; the pods that the cache has there now count as measured. */
export const loadsOf = (usages: readonly NodeUsage[], cache: ClusterCache): ReadonlyMap<string, NodeLoad> =>
  new Map(
    usages.map(({ metadata: { name = '' }, usage }) => [
      name,
      {
        milliCpu: quantityMilliValue(usage.cpu ?? '0'),
        memory: quantityValue(usage.memory ?? '0'),
        pods: new Set(cache.node(name)?.pods.keys()),
      },
    ]),
  )

/** As often as kubelets measure. */
const maxAgeMs = 10_000

export class NodeLoads {
  private loads: ReadonlyMap<string, NodeLoad> = new Map()
  private asked = Number.NEGATIVE_INFINITY

  constructor(private readonly deps: NodeLoadsDeps) {}

  /** What is known now; what is newer comes for a later pod. */
  current = (): ReadonlyMap<string, NodeLoad> => {
    const { clock, read, log } = this.deps
    if (read && clock.monotonic() - this.asked >= maxAgeMs) {
      this.asked = clock.monotonic()
      read().then(
        usages => this.take(usages),
        error => log.debug({ err: String(error) }, 'The load of nodes is not known'),
      )
    }
    return this.loads
  }

  private take(usages: readonly NodeUsage[]): void {
    this.loads = loadsOf(usages, this.deps.cache)
  }
}
