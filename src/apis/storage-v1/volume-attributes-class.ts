/** VolumeAttributesClass names properties that a volume may be given while it is in use. */
import { forbidden, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { VolumeAttributesClass } from '../generated/storage-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { validateParameters, validateProvisioner } from './provisioner.js'

export const volumeAttributesClass = defineKind<VolumeAttributesClass>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  scope: 'Cluster',
  names: { plural: 'volumeattributesclasses', shortNames: ['vac'] },
  storageVersion: 'v1beta1',

  updateChecks: ['meta', 'spec', 'metaUpdate', 'change', 'meta', 'spec'],
  *validate({ driverName, parameters }) {
    yield* validateProvisioner(driverName, 'driverName')
    yield* validateParameters(parameters)
    if (!Object.keys(parameters ?? {}).length) yield required('parameters', 'must contain at least one key/value pair')
  },
  *validateUpdate({ driverName, parameters }, old) {
    if (driverName !== old.driverName) yield forbidden('driverName', 'updates to driverName are forbidden.')
    if (!semanticEqual(parameters, old.parameters))
      yield forbidden('parameters', 'updates to parameters are forbidden.')
  },

  strategy: { bumpGenerationOn: [] },
  printerColumns: [
    {
      name: 'DriverName',
      description: 'Name of the CSI driver This field is immutable.',
      of: ({ driverName }) => driverName,
    },
    age,
  ],
})
