/** Validation of metadata on create and on update, with upstream's texts. */
import { type FieldError, forbidden, invalid, required, tooLong } from './field-error.js'
import type { NameRule } from './name-rules.js'
import { nameIsDnsLabel } from './name-rules.js'
import { isQualifiedName } from './names.js'
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from './object-meta.js'
import { validateLabels } from './selector/validate-label-selector.js'

/** All annotations of an object together, keys and values, in bytes. */
export const maxAnnotationBytes = 256 * 1024

const messages = (field: string, value: unknown, found: readonly string[]): FieldError[] =>
  found.map(message => invalid(field, value, message))

/** Keys are checked in lower case; the sum of all keys and values is limited. */
export function validateAnnotations(annotations: ObjectMeta['annotations'], field: string): FieldError[] {
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(annotations ?? {})) {
    errors.push(...messages(field, key, isQualifiedName(key.toLowerCase())))
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (size > maxAnnotationBytes) errors.push(tooLong(field, maxAnnotationBytes))
  return errors
}

function validateOwnerReference(owner: OwnerReference, field: string): FieldError[] {
  const { apiVersion, kind, name, uid } = owner
  const parts = (apiVersion ?? '').split('/')
  // Upstream cannot read `a/b/c` and takes it for the empty version.
  const version = parts.length > 2 ? '' : parts.at(-1)
  const empty = (child: string, value: string | undefined) =>
    value ? [] : [invalid(`${field}.${child}`, value ?? '', 'must not be empty')]
  return [
    ...(version ? [] : [invalid(`${field}.apiVersion`, apiVersion ?? '', 'version must not be empty')]),
    ...empty('kind', kind),
    ...empty('name', name),
    ...empty('uid', uid),
    ...(apiVersion === 'v1' && kind === 'Event'
      ? [invalid(field, owner, '/v1, Kind=Event is disallowed from being an owner')]
      : []),
  ]
}

/** Each reference is complete; at most one is the controller. */
export function validateOwnerReferences(owners: readonly OwnerReference[] | undefined, field: string): FieldError[] {
  const errors: FieldError[] = []
  let controller = ''
  for (const owner of owners ?? []) {
    errors.push(...validateOwnerReference(owner, field))
    if (!owner.controller) continue
    const name = `${owner.kind}/${owner.name}`
    if (controller) {
      const found = `Found "true" in references for ${controller} and ${name}`
      errors.push(invalid(field, owners, `Only one reference can have Controller set to true. ${found}`))
    } else controller = name
  }
  return errors
}

/** Qualified names; `orphan` and `foregroundDeletion` exclude each other. */
export function validateFinalizers(finalizers: readonly string[] | undefined, field: string): FieldError[] {
  const list = finalizers ?? []
  const errors = list.flatMap(name => messages(field, name, isQualifiedName(name)))
  if (list.includes('orphan') && list.includes('foregroundDeletion')) {
    errors.push(invalid(field, list, 'finalizer orphan and foregroundDeletion cannot be both set'))
  }
  return errors
}

const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u

/** A field manager's name: at most 128 bytes, printable. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = []
  if (Buffer.byteLength(manager) > 128) errors.push(tooLong(field, 128))
  if (printable.test(manager)) return errors
  let position = 0
  for (const char of manager) {
    if (!printable.test(char)) {
      const code = char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')
      errors.push(invalid(field, manager, `invalid character U+${code} (at position ${position})`))
    }
    position += Buffer.byteLength(char)
  }
  return errors
}

/** Upstream's ValidateManagedFields. */
export const validateManagedFields = (
  entries: readonly ManagedFieldsEntry[] | undefined,
  field: string,
): FieldError[] =>
  (entries ?? []).flatMap(({ operation, fieldsType, manager = '', subresource = '' }, i) => {
    const path = `${field}[${i}]`
    return [
      ...(operation === 'Apply' || operation === 'Update'
        ? []
        : [invalid(`${path}.operation`, operation ?? '', 'must be `Apply` or `Update`')]),
      ...(!fieldsType || fieldsType === 'FieldsV1'
        ? []
        : [invalid(`${path}.fieldsType`, fieldsType, 'must be `FieldsV1`')]),
      ...validateFieldManager(manager, `${path}.manager`),
      ...(Buffer.byteLength(subresource) > 256 ? [tooLong(`${path}.subresource`, 256)] : []),
    ]
  })

const validateCommon = (meta: ObjectMeta, field: string): FieldError[] => [
  ...validateLabels(meta.labels, `${field}.labels`),
  ...validateAnnotations(meta.annotations, `${field}.annotations`),
  ...validateOwnerReferences(meta.ownerReferences, `${field}.ownerReferences`),
]

function validateNamespace(namespace: string | undefined, field: string, namespaced: boolean): FieldError[] {
  if (!namespaced) return namespace ? [forbidden(field, 'not allowed on this type')] : []
  return namespace ? messages(field, namespace, nameIsDnsLabel(namespace, false)) : [required(field)]
}

const standardFinalizers = new Set(['kubernetes', 'orphan', 'foregroundDeletion'])

/** Finalizers of Kubernetes' own are those of a short list; others have a domain. */
export const knownFinalizers = (finalizers: readonly string[] | undefined, field: string): FieldError[] =>
  (finalizers ?? []).flatMap((name, i) =>
    name.includes('/') || standardFinalizers.has(name)
      ? []
      : [invalid(`${field}[${i}]`, name, 'name is neither a standard finalizer name nor is it fully qualified')],
  )

export interface ObjectMetaRules {
  namespaced: boolean
  validateName: NameRule
  /** Custom resources: finalizers need no domain. */
  anyFinalizers?: boolean
}

/** Upstream's ValidateObjectMeta: metadata of a new object, its name already generated. */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules, field = 'metadata'): FieldError[] {
  const { name, generateName, generation = 0 } = meta
  return [
    ...(generateName ? messages(`${field}.generateName`, generateName, rules.validateName(generateName, true)) : []),
    ...(name
      ? messages(`${field}.name`, name, rules.validateName(name, false))
      : [required(`${field}.name`, 'name or generateName is required')]),
    ...validateNamespace(meta.namespace, `${field}.namespace`, rules.namespaced),
    ...(generation < 0 ? [invalid(`${field}.generation`, generation, 'must be greater than or equal to 0')] : []),
    ...validateCommon(meta, field),
    ...validateFinalizers(meta.finalizers, `${field}.finalizers`),
    ...(rules.anyFinalizers ? [] : knownFinalizers(meta.finalizers, `${field}.finalizers`)),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ]
}

const immutableFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

/** Strings that are absent print as empty, times and numbers as null. */
const printed = (name: (typeof immutableFields)[number], value: unknown): unknown =>
  value ?? (name === 'name' || name === 'namespace' || name === 'uid' ? '' : null)

/** Go's `%#v` of a list of strings. */
const goStrings = (list: readonly string[]): string => `[]string{${list.map(s => JSON.stringify(s)).join(', ')}}`

/** Upstream's ValidateObjectMetaUpdate: what may not change, and what must hold of the new metadata. */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, field = 'metadata'): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) {
    const added = [...new Set(meta.finalizers)].filter(name => !old.finalizers?.includes(name)).sort()
    if (added.length) {
      const found = `found new finalizers ${goStrings(added)}`
      errors.push(
        forbidden(`${field}.finalizers`, `no new finalizers can be added if the object is being deleted, ${found}`),
      )
    }
  }
  if (!meta.resourceVersion) {
    errors.push(invalid(`${field}.resourceVersion`, meta.resourceVersion ?? '', 'must be specified for an update'))
  }
  const { generation = 0 } = meta
  if (generation < (old.generation ?? 0)) {
    errors.push(invalid(`${field}.generation`, generation, 'must not be decremented'))
  }
  for (const name of immutableFields) {
    const value = printed(name, meta[name])
    if (value !== printed(name, old[name])) errors.push(invalid(`${field}.${name}`, value, 'field is immutable'))
  }
  return [
    ...errors,
    ...validateCommon(meta, field),
    ...validateManagedFields(meta.managedFields, `${field}.managedFields`),
  ]
}
