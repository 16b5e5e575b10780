/** Usage of a container from Docker's statistics, on cgroup v1 and v2. Pure but for the call. */
import type Docker from 'dockerode'
import type { ContainerStats } from '../types.js'
import { asking } from './errors.js'

type DockerStats = Docker.ContainerStats & { networks?: Record<string, Docker.NetworkStats> }

export function usageOf(stats: DockerStats): ContainerStats {
  const memory: Record<string, number | undefined> = { ...stats.memory_stats.stats }
  const used = stats.memory_stats.usage ?? 0
  // v1 counts the whole subtree as total_*; v2 has no such prefix.
  const inactive = memory.total_inactive_file ?? memory.inactive_file ?? 0
  return {
    time: Date.parse(stats.read),
    cpuUsageNanoseconds: stats.cpu_stats.cpu_usage.total_usage,
    memoryUsageBytes: used,
    memoryWorkingSetBytes: Math.max(0, used - inactive),
    memoryRssBytes: memory.total_rss ?? memory.anon ?? 0,
    pids: stats.pids_stats?.current ?? 0,
    network: Object.entries(stats.networks ?? {}).map(([name, n]) => ({
      name,
      rxBytes: n.rx_bytes,
      txBytes: n.tx_bytes,
      rxErrors: n.rx_errors,
      txErrors: n.tx_errors,
    })),
  }
}

export async function statsOf(docker: Docker, id: string): Promise<ContainerStats> {
  const stats = await asking(docker.getContainer(id).stats({ stream: false, 'one-shot': true }))
  return usageOf(stats as DockerStats)
}
