/** The choice among classes that are marked as the default. */
import type { KubernetesObject } from '../machinery/object-meta.js'

/** The newest that has one of the annotations set to `true`; among equals the first by name. */
export function newestDefault<T extends KubernetesObject>(
  classes: readonly T[],
  annotations: readonly string[],
): T | undefined {
  return classes
    .filter(({ metadata }) => annotations.some(key => metadata.annotations?.[key] === 'true'))
    .sort(
      (a, b) =>
        (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
        (a.metadata.name ?? '').localeCompare(b.metadata.name ?? ''),
    )[0]
}
