/** The objects of metrics.k8s.io/v1beta1, and their tables: metrics-server's forms and words. Pure. */
import { formatTime } from '../../machinery/clock.js'
import { formatDuration } from '../../machinery/duration.js'
import type { ContainerUsage, NodeUsage } from '../../machinery/node-usage.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { addQuantity, formatQuantity, quantityOf } from '../../machinery/quantity.js'

export const group = 'metrics.k8s.io'
export const version = 'v1beta1'
export const apiVersion = `${group}/${version}`

export interface Usage {
  cpu: string
  memory: string
}

export interface MetricsObject {
  kind: 'NodeMetrics' | 'PodMetrics'
  apiVersion: string
  metadata: { name: string; namespace?: string; creationTimestamp: string; labels?: Record<string, string> }
  timestamp: string
  window: string
  usage?: Usage
  containers?: { name: string; usage: Usage }[]
}

const usageOf = (nanoCores: number, bytes: number): Usage => ({
  cpu: formatQuantity(quantityOf(nanoCores, -9)),
  memory: formatQuantity(quantityOf(bytes, 0, 'BinarySI')),
})

function headOf(kind: MetricsObject['kind'], { metadata }: AnyObject, { time, windowMs }: NodeUsage) {
  const { name = '', namespace, labels } = metadata
  const timestamp = formatTime(time)
  return {
    kind,
    apiVersion,
    metadata: { name, ...(namespace && { namespace }), creationTimestamp: timestamp, ...(labels && { labels }) },
    timestamp,
    window: formatDuration(windowMs),
  }
}

export const nodeMetrics = (node: AnyObject, usage: NodeUsage): MetricsObject => ({
  ...headOf('NodeMetrics', node, usage),
  usage: usageOf(usage.cpuNanoCores, usage.memoryWorkingSetBytes),
})

export const podMetrics = (pod: AnyObject, usage: NodeUsage, containers: readonly ContainerUsage[]): MetricsObject => ({
  ...headOf('PodMetrics', pod, usage),
  containers: containers.map(({ container, cpuNanoCores, memoryWorkingSetBytes }) => ({
    name: container,
    usage: usageOf(cpuNanoCores, memoryWorkingSetBytes),
  })),
})

const columns = [
  { name: 'Name', format: 'name', description: 'Name of the resource' },
  { name: 'cpu', format: '', description: '' },
  { name: 'memory', format: '', description: '' },
  { name: 'Window', format: 'duration', description: 'Time between the two measurements' },
].map(column => ({ ...column, type: 'string', priority: 0 }))

function total({ usage, containers = [] }: MetricsObject): Usage {
  if (usage) return usage
  const sum = (resource: keyof Usage) => containers.map(c => c.usage[resource])
  return { cpu: addAll(sum('cpu')), memory: addAll(sum('memory')) }
}

function addAll(quantities: readonly string[]): string {
  return quantities.reduce((left, right) => formatQuantity(addQuantity(left, right)), '0')
}

export const tableOf = (objects: readonly MetricsObject[]) => ({
  kind: 'Table',
  apiVersion: 'meta.k8s.io/v1',
  metadata: {},
  columnDefinitions: columns,
  rows: objects.map(object => {
    const { cpu, memory } = total(object)
    const { metadata } = object
    const partial = { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }
    return { cells: [metadata.name, cpu, memory, object.window], object: partial }
  }),
})

const resource = (name: string, kind: string, namespaced: boolean) => ({
  ...{ name, singularName: '', namespaced, kind },
  verbs: ['get', 'list'],
})

/** What /apis/metrics.k8s.io/v1beta1 says. */
export const resourceList = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: apiVersion,
  resources: [resource('nodes', 'NodeMetrics', false), resource('pods', 'PodMetrics', true)],
}
