/** Lease says who holds something, and until when: leader election and the heartbeats of nodes. */
import { invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { Lease, LeaseSpec } from '../generated/coordination-v1.js'
import { age } from '../printing/age.js'
import { nonNegative } from '../validation/numbers.js'

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  scope: 'Namespaced',
  names: { plural: 'leases' },
  anyFinalizers: true,

  *validate({ spec }) {
    const { leaseDurationSeconds, leaseTransitions } = spec
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
      yield invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')
    yield* nonNegative(leaseTransitions, 'spec.leaseTransitions')
  },
  strategy: {
    allowCreateOnUpdate: true,
    allowUnconditionalUpdate: false,
    bumpGenerationOn: [],
    // The gate CoordinatedLeaderElection is off in v1.34, and its fields go with it.
    prepareForCreate: ({ spec }) => dropCoordination(spec),
    prepareForUpdate: ({ spec }) => dropCoordination(spec),
  },
  printerColumns: [
    {
      name: 'Holder',
      description:
        'holderIdentity contains the identity of the holder of a current lease. If Coordinated Leader Election is used, the holder identity must be equal to the elected LeaseCandidate.metadata.name field.',
      of: ({ spec }) => spec.holderIdentity ?? '',
    },
    age,
  ],
})

function dropCoordination(spec: LeaseSpec): void {
  delete spec.strategy
  delete spec.preferredHolder
}
