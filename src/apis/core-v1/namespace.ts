/** Namespace is a room for names: objects in it are deleted with it. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsDnsLabel } from '../../machinery/name-rules.js'
import type { Namespace } from '../generated/core-v1.js'
import { age } from '../printing/age.js'
import { validateQualifiedName } from '../validation/text.js'

/** Every namespace carries its own name as a label, so that selectors can name it. */
const namespaceNameLabel = 'kubernetes.io/metadata.name'
/** Held until the namespace's content is gone. */
export const namespaceFinalizer = 'kubernetes'

const standardFinalizers = [namespaceFinalizer, 'orphan', 'foregroundDeletion']

function* validateFinalizers({ spec }: Namespace, pathOf: (index: number) => string): Generator<FieldError> {
  for (const [i, name] of (spec?.finalizers ?? []).entries()) {
    yield* validateQualifiedName(name, pathOf(i))
    if (!name.includes('/') && !standardFinalizers.includes(name))
      yield invalid(pathOf(i), name, 'name is neither a standard finalizer name nor is it fully qualified')
  }
}

function* validatePhase({ metadata, status }: Namespace): Generator<FieldError> {
  const phase = status?.phase ?? ''
  if (!metadata.deletionTimestamp && phase !== 'Active')
    yield invalid('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")
  if (metadata.deletionTimestamp && phase !== 'Terminating')
    yield invalid('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")
}

function labelWithName({ metadata }: Namespace): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, [namespaceNameLabel]: metadata.name }
}

export const namespace = defineKind<Namespace>({
  group: '',
  version: 'v1',
  kind: 'Namespace',
  scope: 'Cluster',
  names: { plural: 'namespaces', shortNames: ['ns'] },
  // Upstream refuses to delete all namespaces at once.
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],

  setDefaults(object) {
    labelWithName(object)
    object.status ??= {}
    object.status.phase ||= 'Active'
  },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change'],
  *validate(object, { subresource }) {
    if (!subresource) yield* validateFinalizers(object, () => 'spec.finalizers')
  },

  strategy: {
    ownPreconditions: true,
    bumpGenerationOn: [],
    validateName: nameIsDnsLabel,
    prepareForCreate(object) {
      object.status = { phase: 'Active' }
      object.spec ??= {}
      const finalizers = object.spec.finalizers ?? []
      if (!finalizers.includes(namespaceFinalizer)) object.spec.finalizers = [...finalizers, namespaceFinalizer]
      labelWithName(object)
    },
    prepareForUpdate(object, old, { subresource }) {
      if (subresource) return
      // Only the finalize subresource takes finalizers away.
      object.spec ??= {}
      if (old.spec?.finalizers) object.spec.finalizers = old.spec.finalizers
      else delete object.spec.finalizers
    },
  },
  subresources: {
    status: { validateUpdate: validatePhase },
    views: {
      finalize: {
        writes: ['spec.finalizers'],
        verbs: ['update'],
        validateUpdate: object => validateFinalizers(object, i => `spec.finalizers[${i}]`),
      },
    },
  },
  printerColumns: [
    { name: 'Status', description: 'The status of the namespace', of: ({ status }) => status?.phase ?? '' },
    age,
  ],
  selectableFields: { 'status.phase': ({ status }) => status?.phase ?? '' },
})
