/** SubjectAccessReview asks whether a user may do something. Never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { SubjectAccessReview } from '../generated/authorization-v1.js'
import { validateEmptyMetadata, validateReviewSpec } from './review-spec.js'

export const subjectAccessReview = defineKind<SubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  scope: 'Cluster',
  names: { plural: 'subjectaccessreviews' },
  verbs: ['create'],
  *validate({ metadata, spec }) {
    yield* validateReviewSpec(spec)
    yield* validateEmptyMetadata(metadata, ['managedFields'])
  },
})
