/** All kinds of authentication.k8s.io/v1. TokenRequest has no resource of its own: `serviceaccounts/token` takes it. */
import { selfSubjectReview } from './self-subject-review.js'
import { tokenRequest } from './token-request.js'
import { tokenReview } from './token-review.js'

export { selfSubjectReview, tokenRequest, tokenReview }

export const authenticationV1Kinds = [selfSubjectReview, tokenReview] as const
