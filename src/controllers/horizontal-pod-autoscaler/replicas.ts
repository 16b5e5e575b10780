/** How many replicas a metric asks for: upstream's replica calculator. Pure; values in thousandths. */
import { podRequests } from '../../apis/core-v1/pod-resources.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { quantityMilliValue } from '../../machinery/quantity.js'
import { isPodReady } from '../pods/state.js'
import { type Delays, groupPods } from './group-pods.js'
import type { PodMetrics } from './metrics-client.js'

/** How far the ratio of use to target may stray from 1 before anything is done. */
export interface Tolerances {
  up: number
  down: number
}

/** What the calculation is about. */
export interface Workload {
  pods: readonly Pod[]
  current: number
  tolerances: Tolerances
  delays: Delays
  now: number
}

export interface Proposal {
  replicas: number
  /** Average of the pods, or the value itself where it is not of pods. */
  usage: number
  /** Percent of the requests. */
  utilization?: number
}

const isWithin = (ratio: number, { up, down }: Tolerances): boolean => 1 - down <= ratio && ratio <= 1 + up

/** From metrics to the ratio of use to target. */
interface Measure {
  ratioOf(metrics: PodMetrics): { ratio: number; usage: number; utilization?: number }
  /** What a pod without metrics is taken to use when scaling down. */
  fallback(pod: string): number
}

/** A change that what is not known would turn round, or make too small, is not made. */
function settle(metrics: PodMetrics, ratio: number, measure: Measure, { current, tolerances }: Workload): number {
  const again = measure.ratioOf(metrics).ratio
  if (isWithin(again, tolerances) || (ratio < 1 && again > 1) || (ratio > 1 && again < 1)) return current
  const replicas = Math.ceil(again * metrics.size)
  return (again < 1 && replicas > current) || (again > 1 && replicas < current) ? current : replicas
}

function propose(all: PodMetrics, resource: string, measure: Measure, workload: Workload): Proposal {
  const { pods, current, tolerances } = workload
  if (!pods.length) throw new Error('no pods returned by selector while calculating replica count')
  const { ready, unready, missing, ignored } = groupPods(pods, { metrics: all, resource }, workload)
  const metrics: PodMetrics = new Map([...all].filter(([name]) => !unready.has(name) && !ignored.has(name)))
  if (!metrics.size) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  const { ratio, ...used } = measure.ratioOf(metrics)
  const upWithUnready = unready.size > 0 && ratio > 1
  if (!upWithUnready && !missing.size)
    return { ...used, replicas: isWithin(ratio, tolerances) ? current : Math.ceil(ratio * ready) }
  const put = (name: string, value: number) => metrics.set(name, { value, at: 0, window: 0 })
  // Pods that say nothing are taken to use what speaks against the change.
  if (ratio < 1) for (const name of missing) put(name, measure.fallback(name))
  else if (ratio > 1) for (const name of missing) put(name, 0)
  if (upWithUnready) for (const name of unready) put(name, 0)
  return { ...used, replicas: settle(metrics, ratio, measure, workload) }
}

const sumOf = (metrics: PodMetrics): number => [...metrics.values()].reduce((sum, { value }) => sum + value, 0)

/** By the average of a plain value. */
export const proposeByAverage = (metrics: PodMetrics, target: number, resource: string, workload: Workload): Proposal =>
  propose(
    metrics,
    resource,
    {
      ratioOf(counted) {
        const usage = Math.trunc(sumOf(counted) / counted.size)
        return { usage, ratio: usage / target }
      },
      fallback: () => target,
    },
    workload,
  )

/** Of the whole pod, or of one container; every container must have said what it requests. */
function requestOf(pod: Pod, resource: string, container: string): number {
  const { name } = pod.metadata
  if (!container && Object.keys(pod.spec.resources?.requests ?? {}).length) {
    const request = podRequests(pod)[resource]
    if (request === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${name}`)
    return quantityMilliValue(request)
  }
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  let sum = 0
  for (const each of [...pod.spec.containers, ...sidecars]) {
    if (container && each.name !== container) continue
    const request = each.resources?.requests?.[resource]
    if (request === undefined)
      throw new Error(`missing request for ${resource} in container ${each.name} of Pod ${name}`)
    sum += quantityMilliValue(request)
  }
  return sum
}

/** By the share of what the pods request; `target` in percent. */
export function proposeByUtilization(
  metrics: PodMetrics,
  target: number,
  of: { resource: string; container: string },
  workload: Workload,
): Proposal {
  const { resource, container } = of
  let requests: Map<string, number> | undefined
  // Missing requests are told of only once there are metrics that count, as upstream does.
  const requested = () =>
    (requests ??= new Map(workload.pods.map(pod => [pod.metadata.name ?? '', requestOf(pod, resource, container)])))
  const measure: Measure = {
    ratioOf(counted) {
      const known = [...counted].filter(([name]) => requested().has(name))
      const total = known.reduce((sum, [name]) => sum + (requested().get(name) ?? 0), 0)
      if (total === 0) throw new Error('no metrics returned matched known pods')
      const used = sumOf(new Map(known))
      const utilization = Math.trunc((used * 100) / total)
      return { ratio: utilization / target, utilization, usage: Math.trunc(used / known.length) }
    },
    fallback: name => Math.trunc(((requested().get(name) ?? 0) * Math.max(100, target)) / 100),
  }
  return propose(metrics, resource, measure, workload)
}

/** By one value for all pods together. */
export function proposeByValue(usage: number, target: number, { pods, current, tolerances }: Workload): Proposal {
  const ratio = usage / target
  if (current === 0) return { replicas: Math.ceil(ratio), usage }
  if (isWithin(ratio, tolerances)) return { replicas: current, usage }
  if (!pods.length)
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  const ready = pods.filter(pod => pod.status?.phase === 'Running' && isPodReady(pod)).length
  return { replicas: Math.ceil(ratio * ready), usage }
}

const maxInt32 = 2 ** 31 - 1

/** By one value that is shared out among the pods there are; `current` is how many the target says it has. */
export function proposePerPod(usage: number, target: number, { current, tolerances }: Workload): Proposal {
  const ratio = usage / (target * current)
  const replicas = isWithin(ratio, tolerances) ? current : Math.min(maxInt32, Math.ceil(usage / target))
  return { replicas, usage: current ? Math.ceil(usage / current) : 0 }
}
