/** The kubelet's /metrics/resource: what metrics-server reads. Pure; names and helps are upstream's. */
import { exposition, type Family, type Sample } from './exposition.js'
import { podsOf } from './measured-pods.js'
import type { Measured, Snapshot } from './stats-provider.js'

const seconds = (nanoseconds: number) => nanoseconds / 1e9

const labelsOf = ({ status }: Measured) => ({
  container: status.name,
  pod: status.pod.name,
  namespace: status.pod.namespace,
})

type Read = (measured: Measured) => number

const cpu: Read = ({ stats }) => seconds(stats.cpuUsageNanoseconds)
const memory: Read = ({ stats }) => stats.memoryWorkingSetBytes
const started: Read = ({ status }) => (status.startedAt ?? status.createdAt) / 1000

export function resourceMetrics({ machine, time, containers }: Snapshot): string {
  const own = containers.filter(({ status }) => status.type === 'container')
  const perContainer = (read: Read): Sample[] =>
    own.map(measured => ({ labels: labelsOf(measured), value: read(measured), time: measured.stats.time }))
  const perPod = (read: Read): Sample[] =>
    podsOf(containers).map(({ ref, members }) => ({
      labels: { pod: ref.name, namespace: ref.namespace },
      value: members.reduce((sum, measured) => sum + read(measured), 0),
      time: Math.max(...members.map(({ stats }) => stats.time)),
    }))
  const family = (name: string, type: Family['type'], help: string, samples: readonly Sample[]): Family => ({
    ...{ name, type, samples },
    help: `[STABLE] ${help}`,
  })
  return exposition([
    family('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
      { value: seconds(machine.cpuUsageNanoseconds), time },
    ]),
    family('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      { value: machine.memoryWorkingSetBytes, time },
    ]),
    family(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      perContainer(cpu),
    ),
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      perContainer(memory),
    ),
    family(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      own.map(measured => ({ labels: labelsOf(measured), value: started(measured) })),
    ),
    family(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      perPod(cpu),
    ),
    family('pod_memory_working_set_bytes', 'gauge', 'Current working set of the pod in bytes', perPod(memory)),
    family('resource_scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
      { value: 0 },
    ]),
  ])
}
