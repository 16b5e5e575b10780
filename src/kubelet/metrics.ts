/** What the kubelet measures, under upstream's names. */
import type { Pod } from '../apis/generated/core-v1.js'
import { Counter, Gauge, Histogram, type MetricRegistry } from '../telemetry/metrics.js'

export interface ProbeMetrics {
  counted(type: string, result: 'successful' | 'failed' | 'unknown', pod: Pod, container: string): void
}

export interface KubeletMetrics {
  probes: ProbeMetrics
  /** Seconds from the kubelet's first sight of a pod to all its containers running. */
  podStarted(seconds: number): void
  sandboxStarted(): void
  sandboxFailed(): void
  containerStarted(type: 'container' | 'init_container' | 'ephemeral_container'): void
  containerFailed(type: 'container' | 'init_container' | 'ephemeral_container', code: string): void
  /** Called at each scrape. */
  observeRunning(read: () => { pods: number; containers: number }): void
  nodeName(name: string): void
}

const latencyBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 30, 45, 60, 120, 180, 240, 300]

/** Several kubelets in one process share a registry. */
function once<T>(registry: MetricRegistry, name: string, make: () => T): T {
  return (registry.getSingleMetric(name) as T | undefined) ?? make()
}

export function newKubeletMetrics(registry: MetricRegistry): KubeletMetrics {
  const registers = [registry]
  const counter = (name: string, help: string, labelNames: string[] = []) =>
    once(registry, name, () => new Counter({ name, help, labelNames, registers }))
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    once(registry, name, () => new Gauge({ name, help, labelNames, registers }))
  const probeTotal = counter(
    'prober_probe_total',
    'Cumulative number of a liveness, readiness or startup probe for a container by result.',
    ['probe_type', 'result', 'container', 'pod', 'namespace', 'pod_uid'],
  )
  const startDuration = once(
    registry,
    'kubelet_pod_start_duration_seconds',
    () =>
      new Histogram({
        name: 'kubelet_pod_start_duration_seconds',
        help: 'Duration in seconds from kubelet seeing a pod for the first time to the pod starting to run',
        buckets: latencyBuckets,
        registers,
      }),
  )
  const sandboxes = counter('kubelet_started_pods_total', 'Cumulative number of pods started')
  const sandboxErrors = counter('kubelet_started_pods_errors_total', 'Cumulative number of errors when starting pods')
  const started = counter('kubelet_started_containers_total', 'Cumulative number of containers started', [
    'container_type',
  ])
  const failed = counter(
    'kubelet_started_containers_errors_total',
    'Cumulative number of errors when starting containers',
    ['container_type', 'code'],
  )
  const names = gauge('kubelet_node_name', "The node's name. The count is always 1.", ['node'])
  const readers = runningReaders(registry)

  return {
    probes: {
      counted: (probe_type, result, { metadata }, container) => {
        const { name = '', namespace = '', uid = '' } = metadata
        const title = probe_type[0]!.toUpperCase() + probe_type.slice(1)
        probeTotal.inc({ probe_type: title, result, container, pod: name, namespace, pod_uid: uid })
      },
    },
    podStarted: seconds => startDuration.observe(seconds),
    sandboxStarted: () => sandboxes.inc(),
    sandboxFailed: () => sandboxErrors.inc(),
    containerStarted: container_type => started.inc({ container_type }),
    containerFailed: (container_type, code) => failed.inc({ container_type, code }),
    observeRunning: read => void readers.add(read),
    nodeName: node => names.set({ node }, 1),
  }
}

type RunningReader = () => { pods: number; containers: number }
const readersOf = new WeakMap<MetricRegistry, Set<RunningReader>>()

/** Both gauges are the sum over the kubelets of the process. */
function runningReaders(registry: MetricRegistry): Set<RunningReader> {
  const known = readersOf.get(registry)
  if (known) return known
  const readers = new Set<RunningReader>()
  readersOf.set(registry, readers)
  const sum = (what: 'pods' | 'containers') => [...readers].reduce((total, read) => total + read()[what], 0)
  const define = (name: string, help: string, what: 'pods' | 'containers') =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(sum(what))
      },
    })
  define('kubelet_running_pods', 'Number of pods that have a running pod sandbox', 'pods')
  define('kubelet_running_containers', 'Number of containers currently running', 'containers')
  return readers
}
