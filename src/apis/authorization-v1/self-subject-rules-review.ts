/** SelfSubjectRulesReview lists what the caller may do in a namespace: `kubectl auth can-i --list`. Never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { SelfSubjectRulesReview } from '../generated/authorization-v1.js'

export const selfSubjectRulesReview = defineKind<SelfSubjectRulesReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectRulesReview',
  scope: 'Cluster',
  names: { plural: 'selfsubjectrulesreviews' },
  verbs: ['create'],
})
