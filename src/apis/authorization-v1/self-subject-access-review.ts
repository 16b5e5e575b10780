/** SelfSubjectAccessReview asks whether the caller may do something: `kubectl auth can-i`. Never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { SelfSubjectAccessReview } from '../generated/authorization-v1.js'
import { validateAttributes, validateEmptyMetadata, validateSelectors } from './review-spec.js'

export const selfSubjectAccessReview = defineKind<SelfSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SelfSubjectAccessReview',
  scope: 'Cluster',
  names: { plural: 'selfsubjectaccessreviews' },
  verbs: ['create'],
  *validate({ metadata, spec }) {
    yield* validateAttributes(spec)
    yield* validateSelectors(spec)
    yield* validateEmptyMetadata(metadata, ['managedFields'])
  },
})
