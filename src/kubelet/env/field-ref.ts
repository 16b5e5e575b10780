/** Values that a container learns about its own pod: `fieldRef` and `resourceFieldRef`. Pure. */
import type { Container, ObjectFieldSelector, Pod, ResourceFieldSelector } from '../../apis/generated/core-v1.js'
import { formatQuantity, parseQuantity, quantityMilliValue, quantityValue } from '../../machinery/quantity.js'
import { type AnyContainer, findContainer } from '../pods/pod.js'

/** What is known of the pod beyond its object. */
export interface DownwardContext {
  pod: Pod
  nodeName: string
  hostIPs: readonly string[]
  podIPs: readonly string[]
  /** Of the node; stands in where a container has no limit. */
  allocatable: Readonly<Record<string, string>>
}

/** Go's strconv.Quote for what labels and annotations hold. */
const quote = (text: string) =>
  JSON.stringify(text).replace(/[\u007f-\u00a0\u00ad]/g, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)

/** Sorted `key="value"` lines. */
export const formatMap = (map: Readonly<Record<string, string>> = {}): string =>
  Object.keys(map)
    .sort()
    .map(key => `${key}=${quote(map[key]!)}`)
    .join('\n')

/** `metadata.labels['app']` in its parts. */
function subscripted(path: string): { map: string; key: string } | undefined {
  const match = /^(.+?)\['(.*)'\]$/.exec(path)
  return match ? { map: match[1]!, key: match[2]! } : undefined
}

/** Throws with upstream's words on a path that means nothing. */
export function fieldValue({ fieldPath }: ObjectFieldSelector, context: DownwardContext): string {
  const { metadata, spec } = context.pod
  const part = subscripted(fieldPath)
  if (part?.map === 'metadata.labels') return metadata.labels?.[part.key] ?? ''
  if (part?.map === 'metadata.annotations') return metadata.annotations?.[part.key] ?? ''
  if (part) throw new Error(`fieldPath "${fieldPath}" does not support subscript`)
  switch (fieldPath) {
    case 'metadata.name':
      return metadata.name ?? ''
    case 'metadata.namespace':
      return metadata.namespace ?? ''
    case 'metadata.uid':
      return metadata.uid ?? ''
    case 'metadata.labels':
      return formatMap(metadata.labels)
    case 'metadata.annotations':
      return formatMap(metadata.annotations)
    case 'spec.nodeName':
      return spec.nodeName ?? context.nodeName
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? ''
    case 'status.hostIP':
      return context.hostIPs[0] ?? ''
    case 'status.hostIPs':
      return context.hostIPs.join(',')
    case 'status.podIP':
      return context.podIPs[0] ?? ''
    case 'status.podIPs':
      return context.podIPs.join(',')
    default:
      throw new Error(`unsupported fieldPath: ${fieldPath}`)
  }
}

/** Whether the value is known only once the sandbox runs. */
export const needsPodIP = ({ fieldPath }: ObjectFieldSelector): boolean => fieldPath.startsWith('status.podIP')

const divideUp = (value: number, divisor: number) => Math.ceil(value / divisor)

function amount(container: AnyContainer, resource: string, context: DownwardContext): string {
  const { limits = {}, requests = {} } = (container as Container).resources ?? {}
  const [list, name = ''] = resource.split(/\.(.*)/s)
  if (list === 'requests') return requests[name] ?? limits[name] ?? '0'
  const podLimit = context.pod.spec.resources?.limits?.[name]
  return limits[name] ?? podLimit ?? context.allocatable[name] ?? '0'
}

/** A number: in units of the divisor, rounded up; cpu is counted in cores. */
export function resourceValue(
  { resource, divisor, containerName }: ResourceFieldSelector,
  own: AnyContainer,
  context: DownwardContext,
): string {
  const container = containerName ? findContainer(context.pod, containerName) : own
  if (!container) throw new Error(`container ${containerName} not found`)
  const quantity = parseQuantity(amount(container, resource, context))
  const unit = divisor && formatQuantity(divisor) !== '0' ? divisor : '1'
  const isCpu = /^(limits|requests)\.cpu$/.test(resource)
  const known = isCpu || /^(limits|requests)\.(memory|ephemeral-storage|hugepages-.+)$/.test(resource)
  if (!known) throw new Error(`unsupported container resource : ${resource}`)
  if (isCpu) return String(divideUp(quantityMilliValue(quantity), quantityMilliValue(unit)))
  return String(divideUp(quantityValue(quantity), quantityValue(unit)))
}
