/** What a claim asks for, in PersistentVolumeClaims and in templates of claims: defaults and checks. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsDnsLabel } from '../../machinery/name-rules.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import type { ObjectMeta } from '../../machinery/object-meta.js'
import { validateAnnotations } from '../../machinery/object-meta-validation.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import { validateLabelSelector, validateLabels } from '../../machinery/selector/index.js'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedLocalObjectReference,
  TypedObjectReference,
} from '../generated/core-v1.js'
import { formatErrors } from '../validation/text.js'
import { canonicalResourceList } from './resource-list.js'
import { validatePositiveQuantity, validateResourceQuantity } from './resource-validation.js'

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'] as const
export const volumeModes = ['Block', 'Filesystem'] as const

/** In a claim, or in a template of one. */
export function setClaimSpecDefaults(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= 'Filesystem'
  spec.resources ??= {}
  canonicalResourceList(spec.resources.limits)
  canonicalResourceList(spec.resources.requests)
}

/** Upstream's SetDefaults_PersistentVolumeClaim: also the claims in a StatefulSet's templates get a status. */
export function setPersistentVolumeClaimDefaults(claim: PersistentVolumeClaim): void {
  setClaimSpecDefaults(claim.spec)
  claim.status ??= {}
  claim.status.phase ||= 'Pending'
}

/** Known modes; ReadWriteOncePod stands alone. */
export function* validateAccessModes(modes: readonly string[] | undefined, path: string): Generator<FieldError> {
  const known = (mode: string) => accessModes.includes(mode as never)
  for (const mode of modes ?? []) if (!known(mode)) yield notSupported(path, mode, accessModes)
  if (modes?.includes('ReadWriteOncePod') && modes.some(mode => known(mode) && mode !== 'ReadWriteOncePod'))
    yield forbidden(path, 'may not use ReadWriteOncePod with other access modes')
}

/** Name of a StorageClass or VolumeAttributesClass. */
export const validateClassName = (name: string, path: string): FieldError[] =>
  formatErrors(isDns1123Subdomain, name, path)

function* validateDataSource(
  source: TypedLocalObjectReference & Pick<TypedObjectReference, 'namespace'>,
  path: string,
): Generator<FieldError> {
  const { apiGroup, kind = '', name, namespace } = source
  if (!name) yield required(`${path}.name`)
  if (!kind) yield required(`${path}.kind`)
  if (!apiGroup && kind !== 'PersistentVolumeClaim')
    yield invalid(path, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup")
  if (apiGroup) yield* formatErrors(isDns1123Subdomain, apiGroup, `${path}.apiGroup`)
  if (namespace) yield* formatErrors(value => nameIsDnsLabel(value, false), namespace, `${path}.namespace`)
}

/** Upstream prints the path itself as the value, whose fields are hidden: hence the empty object. */
function* validateDataSources(
  { dataSource, dataSourceRef }: PersistentVolumeClaimSpec,
  path: string,
): Generator<FieldError> {
  if (dataSource) yield* validateDataSource(dataSource, `${path}.dataSource`)
  if (dataSourceRef) yield* validateDataSource(dataSourceRef, `${path}.dataSourceRef`)
  if (!dataSource || !dataSourceRef) return
  if (dataSourceRef.namespace) yield invalid(path, {}, 'may not be specified when dataSourceRef.namespace is specified')
  else if ((['apiGroup', 'kind', 'name'] as const).some(field => dataSource[field] !== dataSourceRef[field]))
    yield invalid(path, {}, 'must match dataSourceRef')
}

function* validateStorageRequest(storage: string | undefined, path: string): Generator<FieldError> {
  if (storage === undefined) return yield required(path)
  const errors = [...validatePositiveQuantity(storage, path)]
  yield* errors
  if (!errors.length) yield* validateResourceQuantity('storage', storage, path)
}

/** A claim's spec by itself. */
export function* validatePersistentVolumeClaimSpec(
  spec: PersistentVolumeClaimSpec,
  path: string,
): Generator<FieldError> {
  if (!spec.accessModes?.length) yield required(`${path}.accessModes`, 'at least 1 access mode is required')
  yield* validateLabelSelector(spec.selector, `${path}.selector`)
  yield* validateAccessModes(spec.accessModes, `${path}.accessModes`)
  yield* validateStorageRequest(spec.resources?.requests?.storage, `${path}.resources[storage]`)
  if (spec.storageClassName) yield* validateClassName(spec.storageClassName, `${path}.storageClassName`)
  if (spec.volumeMode !== undefined && !volumeModes.includes(spec.volumeMode as never))
    yield notSupported(`${path}.volumeMode`, spec.volumeMode, volumeModes)
  yield* validateDataSources(spec, path)
  if (spec.volumeAttributesClassName)
    yield* validateClassName(spec.volumeAttributesClassName, `${path}.volumeAttributesClassName`)
}

/** In the order of Go's type. */
const otherMetadata = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const satisfies readonly (keyof ObjectMeta)[]

/** Zero counts as set where upstream has a pointer. */
const isZeroPointer = (metadata: ObjectMeta, field: keyof ObjectMeta) =>
  field === 'deletionGracePeriodSeconds' && metadata[field] === 0

/** Of a template's metadata only labels and annotations may be set. */
export function* validateTemplateMetadata(
  { metadata = {} }: Pick<PersistentVolumeClaimTemplate, 'metadata'>,
  path: string,
): Generator<FieldError> {
  yield* validateAnnotations(metadata.annotations, `${path}.annotations`)
  yield* validateLabels(metadata.labels, `${path}.labels`)
  for (const field of otherMetadata)
    if (metadata[field] || givenEmpty(metadata, field) || isZeroPointer(metadata, field)) {
      // Upstream names the Go field, its first letter made small.
      yield forbidden(`${path}.${field === 'uid' ? 'uID' : field}`, 'cannot be set')
    }
}

/** volumeClaimTemplate of an ephemeral volume. */
export function* validateClaimTemplate(template: PersistentVolumeClaimTemplate, path: string): Generator<FieldError> {
  yield* validateTemplateMetadata(template, `${path}.metadata`)
  yield* validatePersistentVolumeClaimSpec(template.spec, `${path}.spec`)
}
