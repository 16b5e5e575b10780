/** authorization.k8s.io: may this user, or I, do that? */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { UserInfo } from '../../machinery/request.js'
import { invalidObject } from '../../machinery/status-error.js'
import type { Attributes } from '../authz/attributes.js'
import { resourceAttributes } from '../authz/attributes.js'
import type { Authorize } from '../authz/authorizer.js'
import type { VerbRequest } from './outcome.js'

interface ReviewSpec {
  resourceAttributes?: {
    namespace?: string
    verb?: string
    group?: string
    version?: string
    resource?: string
    subresource?: string
    name?: string
    fieldSelector?: { rawSelector?: string }
  }
  nonResourceAttributes?: { path?: string; verb?: string }
  user?: string
  groups?: string[]
  uid?: string
  extra?: Record<string, string[]>
}

function validate(
  { resourceAttributes: resource, nonResourceAttributes: path, user, groups }: ReviewSpec,
  self: boolean,
): FieldError[] {
  const errors: FieldError[] = []
  if (resource && path)
    errors.push(
      invalid('spec.nonResourceAttributes', path, 'cannot be specified in combination with resourceAttributes'),
    )
  if (!resource && !path)
    errors.push(
      invalid(
        'spec.resourceAttributes',
        null,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    )
  if (!self && !user && !groups?.length)
    errors.push(invalid('spec.user', '', 'at least one of user or group must be specified'))
  return errors
}

// Upstream names no kind in these errors.
const invalidReview = (errors: readonly FieldError[]) =>
  invalidObject({ group: 'authorization.k8s.io', kind: '' }, '', errors)

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
  const fieldSelector = resource.fieldSelector?.rawSelector
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

/** Fills in the review's status. */
export async function reviewAccess(
  resource: ReviewResource,
  review: AnyObject,
  { request, authorize }: { request: VerbRequest; authorize: Authorize },
): Promise<AnyObject> {
  const self = resource === 'selfsubjectaccessreviews'
  const spec = (review.spec ?? {}) as ReviewSpec
  const errors = validate(spec, self)
  if (resource === 'localsubjectaccessreviews' && (spec.resourceAttributes?.namespace ?? '') !== request.namespace)
    errors.push(
      invalid(
        'spec.resourceAttributes.namespace',
        spec.resourceAttributes?.namespace ?? '',
        'must match metadata.namespace',
      ),
    )
  if (errors.length) throw invalidReview(errors)
  const user: UserInfo = self
    ? request.user
    : {
        name: spec.user ?? '',
        groups: spec.groups ?? [],
        ...(spec.uid && { uid: spec.uid }),
        ...(spec.extra && { extra: spec.extra }),
      }
  const { allowed, reason } = await authorize(attributesOf(spec, user))
  return { ...review, status: { allowed, ...(reason && { reason }) } }
}
