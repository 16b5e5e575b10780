/** LocalSubjectAccessReview asks whether a user may do something in one namespace, so that asking can be granted there. Never stored. */
import { invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { LocalSubjectAccessReview } from '../generated/authorization-v1.js'
import { internalForm, validateEmptyMetadata, validateReviewSpec } from './review-spec.js'

export const localSubjectAccessReview = defineKind<LocalSubjectAccessReview>({
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'LocalSubjectAccessReview',
  scope: 'Namespaced',
  names: { plural: 'localsubjectaccessreviews' },
  verbs: ['create'],
  *validate({ metadata, spec }) {
    const { resourceAttributes, nonResourceAttributes } = spec
    yield* validateReviewSpec(spec)
    yield* validateEmptyMetadata(metadata, ['managedFields', 'namespace'], ' except for namespace')
    const namespace = resourceAttributes?.namespace ?? ''
    if (resourceAttributes && namespace !== (metadata.namespace ?? ''))
      yield invalid('spec.resourceAttributes.namespace', namespace, 'must match metadata.namespace')
    if (nonResourceAttributes)
      yield invalid(
        'spec.nonResourceAttributes',
        internalForm(nonResourceAttributes),
        'disallowed on this kind of request',
      )
  },
})
