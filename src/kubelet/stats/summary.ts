/** The kubelet's /stats/summary: stats/v1alpha1, for those who read it instead of metrics. Pure. */
import { formatTime } from '../../machinery/clock.js'
import type { FileSystemStats, InterfaceStats } from './machine-stats.js'
import { type MeasuredPod, podsOf, sandboxOf } from './measured-pods.js'
import type { Measured, Snapshot } from './stats-provider.js'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

function fileSystemOf({ fileSystem, time }: { fileSystem: FileSystemStats; time: number }) {
  const { availableBytes, capacityBytes, usedBytes, inodesFree, inodes, inodesUsed } = fileSystem
  return { time: formatTime(time), availableBytes, capacityBytes, usedBytes, inodesFree, inodes, inodesUsed }
}

const isOutward = ({ name }: InterfaceStats) => name !== 'lo' && !/^(veth|br-|docker)/.test(name)

function networkOf(time: number, interfaces: readonly InterfaceStats[]) {
  const shown = interfaces.filter(isOutward).map(({ name, rxBytes, rxErrors, txBytes, txErrors }) => ({
    ...{ name, rxBytes, rxErrors, txBytes, txErrors },
  }))
  if (shown.length === 0) return undefined
  const primary = shown.find(({ name }) => name === 'eth0') ?? shown[0]!
  return { time: formatTime(time), ...primary, interfaces: shown }
}

/** Of one container, or of several together. */
function usageOf(members: readonly Measured[]) {
  const time = formatTime(Math.max(...members.map(({ stats }) => stats.time)))
  const rates = members.flatMap(({ nanoCores }) => nanoCores ?? [])
  const total = (read: (stats: Measured['stats']) => number) => sum(members.map(({ stats }) => read(stats)))
  return {
    cpu: {
      time,
      ...(rates.length === members.length && { usageNanoCores: sum(rates) }),
      usageCoreNanoSeconds: total(stats => stats.cpuUsageNanoseconds),
    },
    memory: {
      time,
      usageBytes: total(stats => stats.memoryUsageBytes),
      workingSetBytes: total(stats => stats.memoryWorkingSetBytes),
      rssBytes: total(stats => stats.memoryRssBytes),
    },
  }
}

const startOf = ({ status }: Measured) => formatTime(status.startedAt ?? status.createdAt)

function podStats(pod: MeasuredPod) {
  const { ref, members } = pod
  const sandbox = sandboxOf(pod)
  const network = sandbox && networkOf(sandbox.stats.time, sandbox.stats.network)
  return {
    podRef: ref,
    startTime: startOf(sandbox ?? members[0]!),
    containers: members
      .filter(({ status }) => status.type === 'container')
      .map(measured => ({ name: measured.status.name, startTime: startOf(measured), ...usageOf([measured]) })),
    ...usageOf(members),
    ...(network && { network }),
    process_stats: { process_count: sum(members.map(({ stats }) => stats.pids)) },
  }
}

/** `startTime`: of the machine, milliseconds since the epoch. */
export function summaryOf(snapshot: Snapshot, node: { name: string; startTime: number }) {
  const { machine, time, containers, machineNanoCores } = snapshot
  const at = formatTime(time)
  const fs = fileSystemOf({ fileSystem: machine.fileSystem, time })
  const network = networkOf(time, machine.network)
  return {
    node: {
      nodeName: node.name,
      startTime: formatTime(node.startTime),
      cpu: {
        time: at,
        ...(machineNanoCores !== undefined && { usageNanoCores: machineNanoCores }),
        usageCoreNanoSeconds: machine.cpuUsageNanoseconds,
      },
      memory: {
        time: at,
        availableBytes: machine.memoryAvailableBytes,
        usageBytes: machine.memoryUsageBytes,
        workingSetBytes: machine.memoryWorkingSetBytes,
        rssBytes: machine.memoryRssBytes,
      },
      ...(network && { network }),
      fs,
      runtime: { imageFs: fs, containerFs: fs },
      rlimit: { time: at, maxpid: machine.pids.max, curproc: machine.pids.current },
    },
    pods: podsOf(containers).map(podStats),
  }
}
