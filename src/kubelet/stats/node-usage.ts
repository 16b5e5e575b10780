/** What `kubectl top` shows, out of measurements. Pure. */
import type { NodeUsage } from '../../machinery/node-usage.js'
import type { Snapshot } from './stats-provider.js'

export function nodeUsageOf({ time, windowMs = 0, machine, machineNanoCores = 0, containers }: Snapshot): NodeUsage {
  return {
    time,
    windowMs,
    cpuNanoCores: machineNanoCores,
    memoryWorkingSetBytes: machine.memoryWorkingSetBytes,
    containers: containers
      .filter(({ status, nanoCores }) => status.type === 'container' && nanoCores !== undefined)
      .map(({ status, stats, nanoCores = 0 }) => ({
        namespace: status.pod.namespace,
        pod: status.pod.name,
        container: status.name,
        cpuNanoCores: nanoCores,
        memoryWorkingSetBytes: stats.memoryWorkingSetBytes,
      })),
  }
}
