/** Whether a node takes a pod that was bound to it: room, ports and labels. Pure; upstream's predicates and words. */
import { isExtendedResource } from '../../apis/core-v1/resource-names.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { quantityMilliValue, quantityValue } from '../../machinery/quantity.js'
import { requestsOf } from '../pods/container-resources.js'
import type { ResizeRefusal } from '../pods/pod-resize.js'

export interface AdmissionInput {
  pod: Pod
  /** The other pods that the node runs. */
  others: readonly Pod[]
  allocatable: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
}

export interface Refusal {
  reason: string
  message: string
}

const amount = (resource: string, quantity: string) =>
  resource === 'cpu' ? quantityMilliValue(quantity) : quantityValue(quantity)

function missingRoom({ pod, others, allocatable }: AdmissionInput): Refusal | undefined {
  const used = (resource: string) =>
    others.reduce((sum, other) => sum + amount(resource, requestsOf(other)[resource] ?? '0'), 0)
  const wanted: [string, number, number][] = [
    ['pods', 1, others.length],
    ...Object.entries(requestsOf(pod)).map(([resource, quantity]): [string, number, number] => [
      resource,
      amount(resource, quantity),
      used(resource),
    ]),
  ]
  for (const [resource, requested, taken] of wanted) {
    // What the node does not count itself, the scheduler has counted: nodes may be told of it by anyone.
    if (isExtendedResource(resource) && allocatable[resource] === undefined) continue
    const capacity = amount(resource, allocatable[resource] ?? '0')
    if (requested === 0 || requested + taken <= capacity) continue
    const figures = `requested: ${requested}, used: ${taken}, capacity: ${capacity}`
    return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${figures}` }
  }
  return undefined
}

const hostPorts = ({ spec }: Pod) =>
  [...spec.containers, ...(spec.initContainers ?? [])]
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => hostPort)
    .map(({ hostPort, protocol, hostIP }) => ({ port: hostPort, protocol: protocol ?? 'TCP', ip: hostIP || '0.0.0.0' }))

function takenPort({ pod, others }: AdmissionInput): Refusal | undefined {
  const wanted = hostPorts(pod)
  const taken = wanted.length > 0 ? others.flatMap(hostPorts) : []
  const meets = (a: string, b: string) => a === b || a === '0.0.0.0' || b === '0.0.0.0'
  const conflict = wanted.some(w =>
    taken.some(t => t.port === w.port && t.protocol === w.protocol && meets(t.ip, w.ip)),
  )
  if (!conflict) return undefined
  const message = "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"
  return { reason: 'NodePorts', message }
}

function wrongNode({ pod, labels }: AdmissionInput): Refusal | undefined {
  const fits = Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labels[key] === value)
  if (fits) return undefined
  const message = "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"
  return { reason: 'NodeAffinity', message }
}

/** Undefined when a pod that runs here may have what its spec asks for now. */
export function resizeRefusalOf({
  pod,
  others,
  allocatable,
}: Omit<AdmissionInput, 'labels'>): ResizeRefusal | undefined {
  const requests = requestsOf(pod)
  for (const resource of ['memory', 'cpu']) {
    const requested = amount(resource, requests[resource] ?? '0')
    const capacity = amount(resource, allocatable[resource] ?? '0')
    if (requested <= capacity) continue
    const message = `Node didn't have enough capacity: ${resource}, requested: ${requested}, capacity: ${capacity}`
    return { reason: 'Infeasible', message }
  }
  const refusal = missingRoom({ pod, others, allocatable, labels: {} })
  return refusal && { reason: 'Deferred', message: refusal.message }
}

/** Undefined when the pod may run here. */
export function refusalOf(input: AdmissionInput): Refusal | undefined {
  const refusal = missingRoom(input) ?? takenPort(input) ?? wrongNode(input)
  return refusal && { ...refusal, message: `Pod was rejected: ${refusal.message}` }
}
