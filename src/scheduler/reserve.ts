/** Everything that plugins keep for one pod on its node, as one reservation. */
import type { Cluster, Plugin, Reservation } from './framework.js'
import type { NodeInfo } from './node-info.js'
import type { PodInfo } from './pod-info.js'

/** All plugins in order; when one throws, what the others kept is taken back. Undefined when there is nothing to keep. */
export function reserveAll(
  plugins: readonly Plugin[],
  info: PodInfo,
  { cluster, node }: { cluster: Cluster; node: NodeInfo },
): Reservation | undefined {
  const kept: { plugin: string; reservation: Reservation }[] = []
  const unreserve = () => {
    for (const { reservation } of kept.reverse()) reservation.unreserve()
  }
  for (const { name, reserve } of plugins) {
    try {
      const reservation = reserve?.(info, cluster, node)
      if (reservation) kept.push({ plugin: name, reservation })
    } catch (error) {
      unreserve()
      throw new Error(`running Reserve plugin ${JSON.stringify(name)}: ${(error as Error).message}`)
    }
  }
  if (!kept.length) return undefined
  return {
    unreserve,
    async preBind() {
      for (const { plugin, reservation } of kept)
        await reservation.preBind().catch(error => {
          throw new Error(`running PreBind plugin ${JSON.stringify(plugin)}: ${(error as Error).message}`)
        })
    },
  }
}
