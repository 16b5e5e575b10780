/** What may change in a claim that exists: its size and attributes class once it is bound. */
import { cloneJson } from '../../machinery/clone.js'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { isQualifiedName } from '../../machinery/names.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { keepGivenEmpty } from '../../machinery/schema/given-empty.js'
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../generated/core-v1.js'
import { formatErrors } from '../validation/text.js'
import { internalDiff, semanticEqual } from './internal-form.js'
import { isNativeResource } from './resource-names.js'
import { validateBasicQuantity, validateResourceQuantity } from './resource-validation.js'
import { betaStorageClassAnnotation } from './storage-printing.js'

const betaClass = ({ metadata }: PersistentVolumeClaim) => metadata.annotations?.[betaStorageClassAnnotation]

/** The class moves from the annotation of old to the field. */
function movesFromAnnotation(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = betaClass(old)
  const { storageClassName: now } = claim.spec
  if (before === undefined || old.spec.storageClassName !== undefined || now !== before) return false
  return betaClass(claim) === undefined || betaClass(claim) === before
}

/** A claim without a class is given one. */
function isFirstClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const { storageClassName: now } = claim.spec
  return now !== undefined && old.spec.storageClassName === undefined && [undefined, now].includes(betaClass(old))
}

function restore<K extends keyof PersistentVolumeClaimSpec>(
  spec: PersistentVolumeClaimSpec,
  from: PersistentVolumeClaimSpec,
  field: K,
): void {
  if (from[field] === undefined) delete spec[field]
  else spec[field] = from[field]
}

/** Both specs with the allowed changes taken out: what still differs may not. */
function maskAllowedChanges(claim: PersistentVolumeClaim, old: PersistentVolumeClaim) {
  const spec = cloneJson(claim.spec)
  const before = cloneJson(old.spec)
  if (!before.volumeName) restore(before, spec, 'volumeName')
  if (movesFromAnnotation(claim, old)) delete spec.storageClassName
  else if (isFirstClass(claim, old)) restore(spec, before, 'storageClassName')
  if (claim.status?.phase === 'Bound') {
    const storage = before.resources?.requests?.storage
    if (spec.resources?.requests && storage !== undefined) spec.resources.requests.storage = storage
    restore(spec, before, 'volumeAttributesClassName')
  }
  return { spec, before }
}

const sizeOf = ({ spec }: PersistentVolumeClaim) => spec.resources?.requests?.storage ?? '0'

function* validateSize(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Generator<FieldError> {
  if (compareQuantity(sizeOf(claim), sizeOf(old)) >= 0) return
  // A failed expansion may be taken back, but not below what there is.
  if (compareQuantity(sizeOf(claim), old.status?.capacity?.storage ?? '0') <= 0)
    yield forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity')
}

function* validateAttributesClass(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Generator<FieldError> {
  const { volumeAttributesClassName: now } = claim.spec
  const current = old.status?.currentVolumeAttributesClassName
  if (now === old.spec.volumeAttributesClassName || current === undefined) return
  const what = now === undefined ? 'nil' : now === '' ? 'empty string' : undefined
  if (what)
    yield forbidden(
      'spec.volumeAttributesClassName',
      `update to ${what} is forbidden when status.currentVolumeAttributesClassName is not nil`,
    )
}

/** Errors of a change of the claim. */
export function* validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): Generator<FieldError> {
  if (!movesFromAnnotation(claim, old) && (betaClass(claim) ?? '') !== (betaClass(old) ?? ''))
    yield invalid(`metadata.annotations.${betaStorageClassAnnotation}`, betaClass(claim) ?? '', 'field is immutable')
  const { spec, before } = maskAllowedChanges(claim, old)
  if (!semanticEqual('PersistentVolumeClaimSpec', spec, before)) {
    const diff = internalDiff('PersistentVolumeClaimSpec', before, keepGivenEmpty(claim.spec, spec))
    yield forbidden(
      'spec',
      `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${diff}`,
    )
  }
  yield* validateSize(claim, old)
  if (claim.spec.volumeMode !== old.spec.volumeMode)
    yield invalid('volumeMode', claim.spec.volumeMode ?? null, 'field is immutable')
  yield* validateAttributesClass(claim, old)
}

const resizeStatuses = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort()

function* validateResourceKey(name: string, path: string): Generator<FieldError> {
  const errors = [...formatErrors(isQualifiedName, name, path)]
  yield* errors
  if (!errors.length && isNativeResource(name) && name !== 'storage') yield notSupported(path, name, ['storage'])
}

/** Errors of an update of the status. */
export function* validateClaimStatus({ spec, status = {} }: PersistentVolumeClaim): Generator<FieldError> {
  if (!spec.accessModes?.length) yield required('Spec.accessModes')
  for (const [name, quantity] of Object.entries(status.capacity ?? {}))
    yield* validateBasicQuantity(quantity, `status.capacity[${name}]`)
  for (const [name, state] of Object.entries(status.allocatedResourceStatuses ?? {})) {
    yield* validateResourceKey(name, 'status.allocatedResourceStatuses')
    if (!resizeStatuses.includes(state)) yield notSupported('status.allocatedResourceStatuses', name, resizeStatuses)
  }
  for (const [name, quantity] of Object.entries(status.allocatedResources ?? {})) {
    const path = 'status.allocatedResources'
    const errors = [...validateResourceKey(name, path)]
    yield* errors
    if (errors.length) continue
    const amount = [...validateBasicQuantity(quantity, `${path}[${name}]`)]
    yield* amount
    if (!amount.length) yield* validateResourceQuantity('storage', quantity, `${path}[${name}]`)
  }
}
