/** What a pod security check is, and the words that all of them share. */
import type { Container, PodSpec } from '../../../apis/generated/core-v1.js'
import type { ObjectMeta } from '../../../machinery/object-meta.js'

export interface CheckedPod {
  metadata?: Pick<ObjectMeta, 'annotations'>
  spec: PodSpec
}

/** `reason` alone is shown where many pods are summed up, `detail` beside it where there is one. */
export interface Violation {
  reason: string
  detail: string
}

export interface Check {
  /** Upstream's; its order is the order of the messages. */
  id: string
  /** The first minor version of 1.x that asks for this form of the check. */
  since: number
  /** The first minor version that no longer does. */
  until?: number
  /** Of a restricted check: the baseline check that it includes. */
  overrides?: string
  /** Undefined when the pod may pass. */
  find(pod: CheckedPod): Violation | undefined
}

/** Init containers first, ephemeral ones last. */
export function containersOf({ spec }: CheckedPod): Container[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...((spec.ephemeralContainers ?? []) as unknown as Container[]),
  ]
}

/** `"a", "b"`. */
export const quoteAll = (items: Iterable<string>): string => [...items].map(item => `"${item}"`).join(', ')

/** Sorted, each once. */
export const distinct = (items: Iterable<string>): string[] => [...new Set(items)].sort()

/** The plural is the singular with an s, save for the few that say so. */
export const pluralize = (singular: string, count: number, plural = `${singular}s`): string =>
  count === 1 ? singular : plural

/** `containers "a", "b"`. */
export const namedContainers = (names: readonly string[]): string =>
  `${pluralize('container', names.length)} ${quoteAll(names)}`

/** Who set something: the pod, its containers or both, as in `pod and container "a"`; empty when nobody did. */
export const setters = (byPod: boolean, containers: readonly string[]): string =>
  [...(byPod ? ['pod'] : []), ...(containers.length ? [namedContainers(containers)] : [])].join(' and ')

/** The names of the containers that a predicate picks. */
export const namesWhere = (pod: CheckedPod, predicate: (container: Container) => boolean): string[] =>
  containersOf(pod)
    .filter(predicate)
    .map(container => container.name)

export const isWindows = ({ spec }: CheckedPod): boolean => spec.os?.name === 'windows'
