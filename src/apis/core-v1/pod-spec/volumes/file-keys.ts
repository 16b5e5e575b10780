/** Checks of environment variables that come from a file: it must lie in an emptyDir. */
import { type FieldError, invalid, notFoundValue } from '../../../../machinery/field-error.js'
import type { PodSpec } from '../../../generated/core-v1.js'
import { visitContainers } from '../visit-containers.js'

export function* validateFileKeyVolumes(spec: PodSpec, path: string): Generator<FieldError> {
  for (const { container, path: at } of visitContainers(spec, path)) {
    for (const [i, { valueFrom }] of (container.env ?? []).entries()) {
      if (!valueFrom?.fileKeyRef) continue
      const { volumeName } = valueFrom.fileKeyRef
      const field = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`
      const volume = spec.volumes?.findLast(v => v.name === volumeName)
      if (!volume) yield notFoundValue(field, volumeName)
      else if (!volume.emptyDir) yield invalid(field, volumeName, 'referenced volume must be of type emptyDir')
    }
  }
}
