/** Lease says who holds something, and until when: leader election and the heartbeats of nodes. */
import { type FieldError, forbidden, invalid, notSupported } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { Lease } from '../generated/coordination-v1.js'
import { age } from '../printing/age.js'
import { nonNegative } from '../validation/numbers.js'
import { validateQualifiedName } from '../validation/text.js'

const strategies = ['OldestEmulationVersion']

/** A name without a slash is Kubernetes' own; the doubled path is upstream's. */
function* validateStrategy(strategy: string): Generator<FieldError> {
  const path = 'spec.strategy.strategy'
  if (strategy.includes('/')) yield* validateQualifiedName(strategy, path)
  else if (!strategies.includes(strategy)) yield notSupported(path, strategy, strategies)
}

export const lease = defineKind<Lease>({
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  scope: 'Namespaced',
  names: { plural: 'leases' },

  *validate({ spec }) {
    const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec
    if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0)
      yield invalid('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')
    yield* nonNegative(leaseTransitions, 'spec.leaseTransitions')
    if (strategy !== undefined) yield* validateStrategy(strategy)
    if (preferredHolder && !strategy)
      yield forbidden('spec.preferredHolder', 'may only be specified if `strategy` is defined')
  },
  strategy: { allowCreateOnUpdate: true, allowUnconditionalUpdate: false, bumpGenerationOn: [] },
  printerColumns: [{ name: 'Holder', of: ({ spec }) => spec.holderIdentity ?? '' }, age],
})
