/** ResourceClaim asks for devices, and holds what it was given. */
import { invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { ResourceClaim } from '../generated/resource-v1.js'
import { age } from '../printing/age.js'
import { semanticEqual } from '../validation/semantic-equal.js'
import { keepMetadata } from '../validation/status-metadata.js'
import { dropDeallocatedDevices, dropDisabledStatus } from './claim-disabled-fields.js'
import { validateClaimStatus } from './claim-status.js'
import { defaultClaimSpec, dropDisabledFields, usesConsumableCapacity, validateClaimSpec } from './device-claim.js'
import { goClaimSpec } from './go-form.js'

function printState({ metadata, status = {} }: ResourceClaim): string {
  const states: string[] = []
  if (metadata.deletionTimestamp) states.push('deleted')
  if (status.allocation) states.push('allocated')
  else if (!metadata.deletionTimestamp) states.push('pending')
  if (status.allocation && status.reservedFor?.length) states.push('reserved')
  return states.join(',')
}

export const resourceClaim = defineKind<ResourceClaim>({
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'ResourceClaim',
  scope: 'Namespaced',
  names: { plural: 'resourceclaims' },
  storageVersion: 'v1beta2',

  setDefaults: ({ spec }) => defaultClaimSpec(spec),
  updateChecks: ['meta', 'spec', 'metaUpdate', 'change', 'spec'],
  validate: ({ spec }) => validateClaimSpec(spec, 'spec', false),
  *validateUpdate({ spec }, old) {
    if (!semanticEqual(spec, old.spec)) yield invalid('spec', goClaimSpec(spec), 'field is immutable')
  },

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate: ({ spec }) => dropDisabledFields(spec),
    prepareForUpdate(claim, old, { subresource }) {
      if (!usesConsumableCapacity(old.spec.devices ?? {})) dropDisabledFields(claim.spec)
      if (subresource !== 'status') return
      keepMetadata(claim, old)
      dropDeallocatedDevices(claim, old)
      dropDisabledStatus(claim)
    },
  },
  subresources: { status: { validateUpdate: validateClaimStatus } },
  printerColumns: [
    {
      name: 'State',
      description: 'A summary of the current state (allocated, pending, reserved, etc.).',
      of: printState,
    },
    age,
  ],
})
