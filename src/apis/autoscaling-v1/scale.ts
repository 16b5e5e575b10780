/** Scale is what the `scale` subresource of workloads reads and writes; it is never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { Scale } from '../generated/autoscaling-v1.js'
import { age } from '../printing/age.js'
import { nonNegative } from '../validation/numbers.js'

export const scale = defineKind<Scale>({
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  scope: 'Namespaced',
  names: { plural: 'scales' },
  verbs: ['get', 'patch', 'update'],
  validate: ({ spec }) => nonNegative(spec.replicas, 'spec.replicas'),
  printerColumns: [
    { name: 'Desired', type: 'integer', of: ({ spec }) => spec.replicas ?? 0 },
    { name: 'Available', type: 'integer', of: ({ status }) => status?.replicas ?? 0 },
    age,
  ],
})
