/** PodDisruptionBudget limits how many of its pods may be evicted at a time. */
import { invalid, notSupported } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import type { PodDisruptionBudget } from '../generated/policy-v1.js'
import { age } from '../printing/age.js'
import { validateConditions } from '../validation/conditions.js'
import { notMoreThan100Percent, positiveIntOrPercent } from '../validation/int-or-percent.js'
import { nonNegativeFields } from '../validation/numbers.js'

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget']

export const podDisruptionBudget = defineKind<PodDisruptionBudget>({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  scope: 'Namespaced',
  names: { plural: 'poddisruptionbudgets', shortNames: ['pdb'] },
  anyFinalizers: true,
  metadataChecked: 'last',

  updateChecks: ['spec', 'change'],
  *validate({ spec }) {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      const value = {
        MinAvailable: minAvailable,
        Selector: selector ?? null,
        MaxUnavailable: maxUnavailable,
        UnhealthyPodEvictionPolicy: policy ?? null,
      }
      yield invalid('spec', value, 'minAvailable and maxUnavailable cannot be both set')
    }
    for (const field of ['minAvailable', 'maxUnavailable'] as const) {
      const value = spec[field]
      if (value === undefined) continue
      yield* positiveIntOrPercent(value, `spec.${field}`)
      yield* notMoreThan100Percent(value, `spec.${field}`)
    }
    yield* validateLabelSelector(selector, 'spec.selector')
    if (policy !== undefined && !evictionPolicies.includes(policy))
      yield notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies)
  },

  strategy: { allowUnconditionalUpdate: false, validateName: nameIsPathSegment },
  subresources: {
    status: {
      skipsMetadata: true,
      *validateUpdate({ status }) {
        if (!status) return
        yield* validateConditions(status.conditions, 'status.conditions')
        yield* nonNegativeFields(status, 'status', [
          'disruptionsAllowed',
          'currentHealthy',
          'desiredHealthy',
          'expectedPods',
        ])
      },
    },
  },
  printerColumns: [
    {
      name: 'Min Available',
      description: 'The minimum number of pods that must be available.',
      of: ({ spec }) => String(spec.minAvailable ?? 'N/A'),
    },
    {
      name: 'Max Unavailable',
      description: 'The maximum number of pods that may be unavailable.',
      of: ({ spec }) => String(spec.maxUnavailable ?? 'N/A'),
    },
    {
      name: 'Allowed Disruptions',
      type: 'integer',
      description: 'Calculated number of pods that may be disrupted at this time.',
      of: ({ status }) => status?.disruptionsAllowed ?? 0,
    },
    age,
  ],
})
