/** TokenReview asks who a bearer token belongs to; the answer is its status. Never stored. */
import { defineKind } from '../../machinery/kind.js'
import type { TokenReview } from '../generated/authentication-v1.js'

export const tokenReview = defineKind<TokenReview>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  scope: 'Cluster',
  names: { plural: 'tokenreviews' },
  verbs: ['create'],
})
