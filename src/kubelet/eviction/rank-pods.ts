/** Which pod goes first when something is short, and what it is told: upstream's order and words. Pure. */
import { podRequests } from '../../apis/core-v1/pod-resources.js'
import type { Container, Pod } from '../../apis/generated/core-v1.js'
import { formatQuantity, quantityOf, quantityValue } from '../../machinery/quantity.js'
import { amountOf, type Observations, quantityText, resourceOf, type Threshold } from './thresholds.js'

/** What a pod uses of one resource. */
export interface PodUsage {
  pod: Pod
  /** Of memory or disk: bytes; of process ids: a number. */
  used: number
  /** By container, where that is known. */
  containers: ReadonlyMap<string, number>
}

const criticalPriority = 2_000_000_000

export const isCritical = ({ metadata, spec }: Pod): boolean =>
  (spec.priority ?? 0) >= criticalPriority || metadata.annotations?.['kubernetes.io/config.source'] === 'file'

function requestOf(pod: Pod, resource: string): number {
  return resource === 'memory' || resource === 'ephemeral-storage'
    ? quantityValue(podRequests(pod)[resource] ?? '0')
    : 0
}

/** Those that use more than they request, then by priority, then by how much more. Process ids: by priority, then by use. */
export function rankPods(usages: readonly PodUsage[], { signal }: Pick<Threshold, 'signal'>): PodUsage[] {
  const resource = resourceOf[signal]
  const over = ({ pod, used }: PodUsage) => used - requestOf(pod, resource)
  const exceeds = (usage: PodUsage) => (resource !== 'pids' && over(usage) > 0 ? 0 : 1)
  const priority = ({ pod }: PodUsage) => pod.spec.priority ?? 0
  return [...usages].sort((a, b) => exceeds(a) - exceeds(b) || priority(a) - priority(b) || over(b) - over(a))
}

const bytesText = (bytes: number) => formatQuantity(quantityOf(bytes, 0, 'BinarySI'))

export function evictionMessage(
  { pod, containers }: PodUsage,
  threshold: Threshold,
  observations: Observations,
): string {
  const { signal } = threshold
  const resource = resourceOf[signal]
  const { available, capacity } = observations[signal]
  const quantity = quantityText(signal, amountOf(threshold, capacity))
  const head = `The node was low on resource: ${resource}. Threshold quantity: ${quantity}, available: ${quantityText(signal, available)}. `
  if (resource !== 'memory' && resource !== 'ephemeral-storage') return head
  const all: readonly Container[] = [...pod.spec.containers, ...(pod.spec.initContainers ?? [])]
  const blamed = [...containers].flatMap(([name, used]) => {
    const container = all.find(c => c.name === name)
    const request = container?.resources?.requests?.[resource] ?? '0'
    if (!container || used <= quantityValue(request)) return []
    return `Container ${name} was using ${bytesText(used)}, request is ${request}, has larger consumption of ${resource}. `
  })
  return head + blamed.join('')
}
