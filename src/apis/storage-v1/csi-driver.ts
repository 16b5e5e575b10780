/** CSIDriver tells the cluster what a CSI driver can do and wants. */
import { duplicate, type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { CSIDriver, TokenRequest } from '../generated/storage-v1.js'
import { age } from '../printing/age.js'
import { immutableField } from '../validation/immutable.js'
import { semanticEqual } from '../validation/semantic-equal.js'

const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']
const lifecycleModes = ['Persistent', 'Ephemeral']
const minExpiration = 600
const maxExpiration = 2 ** 32

function* validateTokenRequests(requests: readonly TokenRequest[]): Generator<FieldError> {
  const seen = new Set<string>()
  for (const [i, { audience, expirationSeconds: seconds }] of requests.entries()) {
    const path = `spec.tokenRequests[${i}]`
    if (seen.has(audience)) {
      yield duplicate(`${path}.audience`, audience)
      continue
    }
    seen.add(audience)
    if (seconds === undefined) continue
    if (seconds < minExpiration)
      yield invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > maxExpiration)
      yield invalid(`${path}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')
  }
}

export const csiDriver = defineKind<CSIDriver>({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  scope: 'Cluster',
  names: { plural: 'csidrivers' },

  setDefaults({ spec }) {
    spec.attachRequired ??= true
    spec.podInfoOnMount ??= false
    spec.storageCapacity ??= false
    spec.fsGroupPolicy ??= 'ReadWriteOnceWithFSType'
    if (!spec.volumeLifecycleModes?.length) spec.volumeLifecycleModes = ['Persistent']
    spec.requiresRepublish ??= false
    spec.seLinuxMount ??= false
  },
  updateChecks: ['metaUpdate', 'spec', 'change'],
  *validate({ spec }) {
    // The first path is upstream's spelling.
    if (spec.attachRequired === undefined) yield required('spec.attachedRequired')
    if (spec.podInfoOnMount === undefined) yield required('spec.podInfoOnMount')
    if (spec.storageCapacity === undefined) yield required('spec.storageCapacity')
    if (spec.fsGroupPolicy !== undefined && !groupPolicies.includes(spec.fsGroupPolicy))
      yield notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, groupPolicies)
    yield* validateTokenRequests(spec.tokenRequests ?? [])
    for (const mode of spec.volumeLifecycleModes ?? [])
      if (!lifecycleModes.includes(mode)) yield notSupported('spec.volumeLifecycleModes', mode, lifecycleModes)
    if (spec.seLinuxMount === undefined) yield required('spec.seLinuxMount')
    const period = spec.nodeAllocatableUpdatePeriodSeconds
    if (period !== undefined && period < 10)
      yield invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, 'must be greater than or equal to 10 seconds')
  },
  *validateUpdate({ spec }, { spec: old }) {
    yield* immutableField(spec.attachRequired, old.attachRequired, 'spec.attachedRequired')
    yield* immutableField(spec.volumeLifecycleModes, old.volumeLifecycleModes, 'spec.volumeLifecycleModes')
  },

  strategy: {
    allowUnconditionalUpdate: false,
    // The gate MutableCSINodeAllocatableCount is off in v1.34: the field stays only where it already was.
    prepareForCreate({ spec }) {
      delete spec.nodeAllocatableUpdatePeriodSeconds
    },
    // Upstream counts changes but sets no first generation.
    bumpGenerationOn: [],
    prepareForUpdate({ metadata, spec }, old) {
      if (old.spec.nodeAllocatableUpdatePeriodSeconds === undefined) delete spec.nodeAllocatableUpdatePeriodSeconds
      if (!semanticEqual(spec, old.spec)) metadata.generation = (old.metadata.generation ?? 0) + 1
    },
  },
  printerColumns: [
    { name: 'AttachRequired', type: 'boolean', of: ({ spec }) => spec.attachRequired ?? true },
    { name: 'PodInfoOnMount', type: 'boolean', of: ({ spec }) => spec.podInfoOnMount ?? false },
    { name: 'StorageCapacity', type: 'boolean', of: ({ spec }) => spec.storageCapacity ?? false },
    { name: 'TokenRequests', of: ({ spec }) => spec.tokenRequests?.map(r => r.audience).join(',') ?? '<unset>' },
    { name: 'RequiresRepublish', type: 'boolean', of: ({ spec }) => spec.requiresRepublish ?? false },
    { name: 'Modes', of: ({ spec }) => spec.volumeLifecycleModes?.join(',') || '<none>' },
    age,
  ],
})
