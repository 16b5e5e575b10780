/** Small facts about a pod that the whole kubelet asks for. */
import type { Container, ContainerStatus, EphemeralContainer, Pod, PodStatus } from '../../apis/generated/core-v1.js'
import type { PodRef } from '../runtime/types.js'

/** What all three lists of a pod's containers have in common. */
export type AnyContainer = Container | EphemeralContainer

export const refOf = ({ metadata }: Pod): PodRef => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name ?? '',
  uid: metadata.uid ?? '',
})

/** Upstream's format.Pod, as it stands in messages: `name_namespace(uid)`. */
export const describePod = ({ metadata }: Pod): string => `${metadata.name}_${metadata.namespace}(${metadata.uid})`

/** A sidecar: an init container that keeps running beside the pod's own. */
export const isRestartableInit = (container: Pick<Container, 'restartPolicy'>): boolean =>
  container.restartPolicy === 'Always'

export const initContainersOf = ({ spec }: Pod): readonly Container[] => spec.initContainers ?? []

export function findContainer({ spec }: Pod, name: string): AnyContainer | undefined {
  const all: AnyContainer[] = [...spec.containers, ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])]
  return all.find(container => container.name === name)
}

export function allStatuses(status: PodStatus | undefined): ContainerStatus[] {
  const { containerStatuses = [], initContainerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {}
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses]
}

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed'

/** Whether a container that ended with that code is to run again. */
export function restartsAfter({ spec }: Pod, container: Pick<Container, 'restartPolicy'>, exitCode: number): boolean {
  if (isRestartableInit(container)) return true
  switch (spec.restartPolicy) {
    case 'Never':
      return false
    case 'OnFailure':
      return exitCode !== 0
    default:
      return true
  }
}

/** Whether a running container that must go, for a failed probe, is to come back. */
export const restartsOnFailure = ({ spec }: Pod): boolean => spec.restartPolicy !== 'Never'

/** Path by which events name a container, such as `spec.containers{web}`. */
export function containerFieldPath({ spec }: Pod, name: string): string {
  if (spec.initContainers?.some(c => c.name === name)) return `spec.initContainers{${name}}`
  if (spec.ephemeralContainers?.some(c => c.name === name)) return `spec.ephemeralContainers{${name}}`
  return `spec.containers{${name}}`
}
