/** All kinds of authorization.k8s.io/v1. */
import { localSubjectAccessReview } from './local-subject-access-review.js'
import { selfSubjectAccessReview } from './self-subject-access-review.js'
import { selfSubjectRulesReview } from './self-subject-rules-review.js'
import { subjectAccessReview } from './subject-access-review.js'

export { localSubjectAccessReview, selfSubjectAccessReview, selfSubjectRulesReview, subjectAccessReview }

export const authorizationV1Kinds = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
] as const
