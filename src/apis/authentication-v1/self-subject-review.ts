/** SelfSubjectReview tells the caller who the server takes it for. Never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { SelfSubjectReview } from '../generated/authentication-v1.js'

export const selfSubjectReview = defineKind<SelfSubjectReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectReview',
  scope: 'Cluster',
  names: { plural: 'selfsubjectreviews' },
  verbs: ['create'],
})
