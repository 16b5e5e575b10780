/** All kinds of authentication.k8s.io/v1. */
import { selfSubjectReview } from './self-subject-review.js'
import { tokenReview } from './token-review.js'

export { selfSubjectReview, tokenReview }

export const authenticationV1Kinds = [selfSubjectReview, tokenReview] as const
