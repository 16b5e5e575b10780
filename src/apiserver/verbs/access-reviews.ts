/** authorization.k8s.io: may this user, or I, do that? */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import type { Attributes } from '../authz/attributes.js'
import { resourceAttributes } from '../authz/attributes.js'
import type { Authorize } from '../authz/authorizer.js'
import type { VerbRequest } from './outcome.js'
import { fieldSelectorOf, labelSelectorOf, type SelectorAttributes, selectorError } from './review-selectors.js'

interface ReviewSpec {
  resourceAttributes?: {
    namespace?: string
    verb?: string
    group?: string
    version?: string
    resource?: string
    subresource?: string
    name?: string
    fieldSelector?: SelectorAttributes
    labelSelector?: SelectorAttributes
  }
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: string[]
  uid?: string
  extra?: Record<string, string[]>
}

function attributesOf(
  { resourceAttributes: resource, nonResourceAttributes: path }: ReviewSpec,
  user: UserInfo,
): Attributes {
  if (!resource)
    return {
      ...resourceAttributes(user, { verb: path?.verb ?? '', resource: '' }),
      isResource: false,
      path: path?.path ?? '',
    }
  const {
    namespace = '',
    verb = '',
    group = '',
    version = '',
    resource: plural = '',
    subresource = '',
    name = '',
  } = resource
  const { fieldSelector } = fieldSelectorOf(resource.fieldSelector)
  return resourceAttributes(user, {
    verb,
    group,
    version,
    resource: plural,
    subresource,
    namespace,
    name,
    ...(fieldSelector && { fieldSelector }),
  })
}

export type ReviewResource = 'subjectaccessreviews' | 'localsubjectaccessreviews' | 'selfsubjectaccessreviews'

/** Fills in the status of a review that is valid. */
export async function reviewAccess(
  resource: ReviewResource,
  review: AnyObject,
  { request, authorize }: { request: VerbRequest; authorize: Authorize },
): Promise<AnyObject> {
  const self = resource === 'selfsubjectaccessreviews'
  const spec = (review.spec ?? {}) as ReviewSpec
  const user: UserInfo = self
    ? request.user
    : {
        name: spec.user ?? '',
        groups: spec.groups ?? [],
        ...(spec.uid && { uid: spec.uid }),
        ...(spec.extra && { extra: spec.extra }),
      }
  const { allowed, reason } = await authorize(attributesOf(spec, user))
  const { fieldSelector, labelSelector } = spec.resourceAttributes ?? {}
  const evaluationError = [
    ...selectorError('fieldSelector', fieldSelectorOf(fieldSelector)),
    ...selectorError('labelSelector', labelSelectorOf(labelSelector)),
  ].join('; ')
  const status = { allowed, ...(reason && { reason }), ...(evaluationError && { evaluationError }) }
  return { ...review, status }
}
