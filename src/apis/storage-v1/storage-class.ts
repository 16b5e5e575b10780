/** StorageClass says how claims that name it get their volumes. */
import { duplicate, type FieldError, forbidden, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type { TopologySelectorLabelRequirement, TopologySelectorTerm } from '../generated/core-v1.js'
import type { StorageClass } from '../generated/storage-v1.js'
import { newestDefault } from '../newest-default.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateQualifiedName } from '../validation/text.js'
import { validateParameters, validateProvisioner } from './provisioner.js'

const reclaimPolicies = ['Delete', 'Retain']
const bindingModes = ['Immediate', 'WaitForFirstConsumer']
const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

/** The class that claims without one get; undefined where there is none. */
export const defaultStorageClassOf = (classes: readonly StorageClass[]): StorageClass | undefined =>
  newestDefault(classes, defaultAnnotations)

const isDefault = (object: StorageClass): boolean => defaultStorageClassOf([object]) !== undefined

function* validateRequirement(requirement: TopologySelectorLabelRequirement, path: string): Generator<FieldError> {
  const { key } = requirement
  const values = requirement.values ?? []
  if (!values.length) yield required(`${path}.values`)
  const seen = new Set<string>()
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) yield duplicate(`${path}.values[${i}]`, value)
    seen.add(value)
  }
  yield* validateQualifiedName(key, `${path}.key`)
}

function* validateTerm({ matchLabelExpressions = [] }: TopologySelectorTerm, path: string): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, requirement] of matchLabelExpressions.entries()) {
    yield* validateRequirement(requirement, `${path}.matchLabelExpressions[${i}]`)
    if (seen.has(requirement.key)) yield duplicate(`${path}.matchLabelExpressions[${i}].key`, requirement.key)
    seen.add(requirement.key)
  }
}

/** Order of keys and values does not matter; of a key that stands twice, the last counts. */
function canonical({ matchLabelExpressions = [] }: TopologySelectorTerm): string {
  const byKey = new Map(matchLabelExpressions.map(({ key, values }) => [key, [...new Set(values ?? [])].sort()]))
  return JSON.stringify([...byKey].sort())
}

function* validateTopologies(terms: readonly TopologySelectorTerm[]): Generator<FieldError> {
  // Upstream compares with as many empty terms as there are terms, too.
  const seen = terms.map(() => canonical({}))
  for (const [i, term] of terms.entries()) {
    yield* validateTerm(term, `allowedTopologies[${i}]`)
    const text = canonical(term)
    for (const other of seen) if (other === text) yield duplicate(`allowedTopologies[${i}].matchLabelExpressions`, '')
    seen.push(text)
  }
}

export const storageClass = defineKind<StorageClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  scope: 'Cluster',
  names: { plural: 'storageclasses', shortNames: ['sc'] },

  setDefaults(object) {
    object.reclaimPolicy ??= 'Delete'
    object.volumeBindingMode ??= 'Immediate'
  },
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change'],
  *validate({ provisioner, parameters, reclaimPolicy, volumeBindingMode: mode, allowedTopologies = [] }) {
    yield* validateProvisioner(provisioner, 'provisioner')
    yield* validateParameters(parameters)
    if (reclaimPolicy && !reclaimPolicies.includes(reclaimPolicy))
      yield notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies)
    if (mode === undefined) yield required('volumeBindingMode')
    else if (!bindingModes.includes(mode)) yield notSupported('volumeBindingMode', mode, bindingModes)
    yield* validateTopologies(allowedTopologies)
  },
  *validateUpdate(object, old) {
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy'] as const)
      if (!semanticEqual(object[field], old[field]) || givenEmpty(object, field))
        yield forbidden(field, `updates to ${field} are forbidden.`)
    yield* immutableField(object.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode')
  },

  strategy: { bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'Name',
      description:
        'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
      format: 'name',
      of: object => `${object.metadata.name}${isDefault(object) ? ' (default)' : ''}`,
    },
    {
      name: 'Provisioner',
      description: 'provisioner indicates the type of the provisioner.',
      of: ({ provisioner }) => provisioner,
    },
    {
      name: 'ReclaimPolicy',
      description:
        'reclaimPolicy controls the reclaimPolicy for dynamically provisioned PersistentVolumes of this storage class. Defaults to Delete.',
      of: ({ reclaimPolicy }) => reclaimPolicy ?? 'Delete',
    },
    {
      name: 'VolumeBindingMode',
      description:
        'volumeBindingMode indicates how PersistentVolumeClaims should be provisioned and bound.  When unset, VolumeBindingImmediate is used. This field is only honored by servers that enable the VolumeScheduling feature.',
      of: ({ volumeBindingMode }) => volumeBindingMode ?? 'Immediate',
    },
    {
      name: 'AllowVolumeExpansion',
      description: 'allowVolumeExpansion shows whether the storage class allow volume expand.',
      of: ({ allowVolumeExpansion }) => allowVolumeExpansion ?? false,
    },
    age,
  ],
})
