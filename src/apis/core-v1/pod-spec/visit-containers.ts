/** Walks all containers of a pod spec with their field paths. */
import type { Container, EphemeralContainer, PodSpec } from '../../generated/core-v1.js'

export interface VisitedContainer {
  container: Container | EphemeralContainer
  /** Such as `spec.initContainers[0]`. */
  path: string
}

/** Init containers first, then regular, then ephemeral ones. */
export function visitContainers(spec: PodSpec, path: string): VisitedContainer[] {
  const visited: VisitedContainer[] = []
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    spec[list]?.forEach((container: Container | EphemeralContainer, i) => {
      visited.push({ container, path: `${path}.${list}[${i}]` })
    })
  return visited
}

/** An init container that keeps running beside the others: a sidecar. */
export const isRestartableInitContainer = (container: { restartPolicy?: string } | undefined): boolean =>
  container?.restartPolicy === 'Always'
