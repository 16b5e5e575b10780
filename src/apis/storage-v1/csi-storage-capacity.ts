/** CSIStorageCapacity says how much storage of a class is left for a set of nodes. */
import { defineKind } from '../../machinery/kind.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import { validateNonNegativeQuantity } from '../core-v1/resource-validation.js'
import type { CSIStorageCapacity } from '../generated/storage-v1.js'
import { validateDnsSubdomain } from '../validation/text.js'

export const csiStorageCapacity = defineKind<CSIStorageCapacity>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIStorageCapacity',
  scope: 'Namespaced',
  names: { plural: 'csistoragecapacities' },

  updateChecks: ['meta', 'spec', 'metaUpdate', 'immutable'],
  *validate({ nodeTopology, storageClassName, capacity }) {
    yield* validateLabelSelector(nodeTopology, 'nodeTopology')
    yield* validateDnsSubdomain(storageClassName, 'storageClassName')
    if (capacity !== undefined) yield* validateNonNegativeQuantity(capacity, 'capacity')
  },
  immutable: ['nodeTopology', 'storageClassName'],

  strategy: { allowUnconditionalUpdate: false, bumpGenerationOn: [] },
})
