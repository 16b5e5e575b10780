/** Eviction asks that a pod go, if its disruption budgets allow: the body of `pods/eviction`, never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { Eviction } from '../generated/policy-v1.js'

export const eviction = defineKind<Eviction>({
  group: 'policy',
  version: 'v1',
  kind: 'Eviction',
  scope: 'Namespaced',
  names: { plural: 'evictions' },
  verbs: ['create'],
})
