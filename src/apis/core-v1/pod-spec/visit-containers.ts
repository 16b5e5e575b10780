/** Walks all containers of a pod spec with their field paths. */
import type { Container, EphemeralContainer, PodSpec } from '../../generated/core-v1.js'

export interface VisitedContainer {
  container: Container | EphemeralContainer
  /** Such as `spec.initContainers[0]`. */
  path: string
}

/** Init containers first, then regular, then ephemeral ones. */
export function* visitContainers(spec: PodSpec, path: string): Generator<VisitedContainer> {
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    for (const [i, container] of (spec[list] ?? []).entries()) yield { container, path: `${path}.${list}[${i}]` }
}

/** An init container that keeps running beside the others: a sidecar. */
export const isRestartableInitContainer = (container: { restartPolicy?: string } | undefined): boolean =>
  container?.restartPolicy === 'Always'
