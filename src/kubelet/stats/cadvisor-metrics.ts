/** The kubelet's /metrics/cadvisor: containers, their pods' networks and the machine, as dashboards read them. Pure; names are cAdvisor's. */
import { exposition, type Family, type Sample } from './exposition.js'
import { podsOf, sandboxOf } from './measured-pods.js'
import type { Measured, Snapshot } from './stats-provider.js'

/** cAdvisor names the sandbox `POD` by an empty container name, and the container by the runtime's name for it. */
function labelsOf({ status }: Measured): Record<string, string> {
  const { pod, id, image, name } = status
  return {
    container: name,
    id: `/kubepods/pod${pod.uid}/${id}`,
    image,
    name: id,
    namespace: pod.namespace,
    pod: pod.name,
  }
}

const perContainer = (
  containers: readonly Measured[],
  read: (measured: Measured) => number,
  more: Record<string, string> = {},
): Sample[] =>
  containers.map(measured => ({
    labels: { ...labelsOf(measured), ...more },
    value: read(measured),
    time: measured.stats.time,
  }))

type Interface = Measured['stats']['network'][number]

function perInterface(containers: readonly Measured[], read: (network: Interface) => number): Sample[] {
  return podsOf(containers).flatMap(pod => {
    const sandbox = sandboxOf(pod)
    return (sandbox?.stats.network ?? []).map(network => ({
      labels: { ...labelsOf(sandbox!), interface: network.name },
      value: read(network),
      time: sandbox!.stats.time,
    }))
  })
}

const family = (name: string, type: Family['type'], help: string, samples: readonly Sample[]): Family => ({
  ...{ name, type, help, samples },
})

function networkFamilies(containers: readonly Measured[]): Family[] {
  const counter = (name: string, help: string, read: (network: Interface) => number) =>
    family(`container_network_${name}_total`, 'counter', help, perInterface(containers, read))
  return [
    counter('receive_bytes', 'Cumulative count of bytes received', n => n.rxBytes),
    counter('receive_errors', 'Cumulative count of errors encountered while receiving', n => n.rxErrors),
    counter('transmit_bytes', 'Cumulative count of bytes transmitted', n => n.txBytes),
    counter('transmit_errors', 'Cumulative count of errors encountered while transmitting', n => n.txErrors),
  ]
}

function containerFamilies(containers: readonly Measured[], time: number): Family[] {
  const gauge = (name: string, help: string, read: (measured: Measured) => number) =>
    family(`container_${name}`, 'gauge', help, perContainer(containers, read))
  return [
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      perContainer(containers, ({ stats }) => stats.cpuUsageNanoseconds / 1e9, { cpu: 'total' }),
    ),
    gauge('last_seen', 'Last time a container was seen by the exporter', () => Math.floor(time / 1000)),
    gauge('memory_rss', 'Size of RSS in bytes.', ({ stats }) => stats.memoryRssBytes),
    gauge(
      'memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      ({ stats }) => stats.memoryUsageBytes,
    ),
    gauge('memory_working_set_bytes', 'Current working set in bytes.', ({ stats }) => stats.memoryWorkingSetBytes),
    gauge('start_time_seconds', 'Start time of the container since unix epoch in seconds.', ({ status }) =>
      Math.floor((status.startedAt ?? status.createdAt) / 1000),
    ),
    gauge('threads', 'Number of threads running inside the container', ({ stats }) => stats.pids),
  ]
}

export interface MachineFacts {
  cpus: number
  /** Bytes. */
  memory: number
  machineId: string
  systemUuid: string
  bootId: string
}

export function cadvisorMetrics({ containers, time }: Snapshot, machine: MachineFacts): string {
  const labels = { boot_id: machine.bootId, machine_id: machine.machineId, system_uuid: machine.systemUuid }
  return exposition([
    ...containerFamilies(containers, time),
    ...networkFamilies(containers),
    family('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [{ labels, value: machine.cpus }]),
    family('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      { labels, value: machine.memory },
    ]),
  ])
}
