/** A persistent volume's spec that stands inside another object, a VolumeAttachment: only what CSI needs may be in it. */
import { type FieldError, forbidden, required } from '../../machinery/field-error.js'
import type { PersistentVolumeSpec } from '../generated/core-v1.js'
import { internalForm } from './internal-form.js'
import { validateAccessModes } from './persistent-volume-claim-spec.js'
import { validatePersistentVolumeSource } from './persistent-volume-source.js'
import { isRecycledRoot } from './persistent-volume-validation.js'

const inContext = 'in the context of inline volumes'
const notInContext = `may not be specified ${inContext}`

export function* validateInlineVolumeSpec(spec: PersistentVolumeSpec, path: string): Generator<FieldError> {
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec
  if (spec.claimRef) yield forbidden(`${path}.claimRef`, notInContext)
  if (Object.keys(spec.capacity ?? {}).length) yield forbidden(`${path}.capacity`, notInContext)
  if (!spec.csi) yield required(`${path}.csi`, `has to be specified ${inContext}`)
  if (!spec.accessModes?.length) yield required(`${path}.accessModes`)
  yield* validateAccessModes(spec.accessModes, `${path}.accessModes`)
  if (policy && policy !== 'Retain')
    yield forbidden(`${path}.persistentVolumeReclaimPolicy`, `may only be Retain ${inContext}`)
  if (spec.nodeAffinity) yield forbidden(`${path}.nodeAffinity`, notInContext)
  yield* validatePersistentVolumeSource(spec, '', path)
  if (isRecycledRoot(spec))
    yield forbidden(`${path}.persistentVolumeReclaimPolicy`, "may not be 'recycle' for a hostPath mount of '/'")
  if (spec.storageClassName) yield forbidden(`${path}.storageClassName`, notInContext)
  if (volumeMode !== undefined && volumeMode !== 'Filesystem')
    yield forbidden(`${path}.volumeMode`, `may not specify volumeMode other than Filesystem ${inContext}`)
}

/** As upstream's internal type is printed. */
export function inlineVolumeForm(spec: PersistentVolumeSpec): object {
  const { Capacity, ...rest } = internalForm('PersistentVolumeSpec', spec)
  return { Capacity, ...internalForm('PersistentVolumeSource', spec), ...rest }
}
