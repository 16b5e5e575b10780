/** Validation that the access reviews share. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import type { ObjectMeta } from '../../machinery/object-meta.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  NonResourceAttributes,
  SelfSubjectAccessReviewSpec,
  SubjectAccessReviewSpec,
} from '../generated/authorization-v1.js'
import { fieldSelectorErrors } from './field-selector.js'

/** As upstream prints them: by the names of Go's fields. */
export const internalForm = ({ path = '', verb = '' }: NonResourceAttributes): object => ({ Path: path, Verb: verb })

/** One of resource and non-resource attributes, and only one. */
export function* validateAttributes(spec: SelfSubjectAccessReviewSpec): Generator<FieldError> {
  const { resourceAttributes: resource, nonResourceAttributes: nonResource } = spec
  if (resource && nonResource)
    yield invalid(
      'spec.nonResourceAttributes',
      internalForm(nonResource),
      'cannot be specified in combination with resourceAttributes',
    )
  if (!resource && !nonResource)
    yield invalid(
      'spec.resourceAttributes',
      null,
      'exactly one of nonResourceAttributes or resourceAttributes must be specified',
    )
}

function* validateSelector(
  selector: FieldSelectorAttributes | LabelSelectorAttributes,
  path: string,
): Generator<FieldError> {
  const { rawSelector, requirements = [] } = selector
  if (rawSelector && requirements.length)
    yield invalid(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements')
  if (!rawSelector && !requirements.length)
    yield required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`)
}

/** Selectors of the resource attributes; operators that this version does not know are let through, as upstream does. */
export function* validateSelectors({ resourceAttributes }: SelfSubjectAccessReviewSpec): Generator<FieldError> {
  const { fieldSelector: fields, labelSelector: labels } = resourceAttributes ?? {}
  if (fields) {
    const path = 'spec.resourceAttributes.fieldSelector'
    yield* validateSelector(fields, path)
    for (const [i, requirement] of (fields.requirements ?? []).entries())
      yield* fieldSelectorErrors(requirement, `${path}.requirements[${i}]`)
  }
  if (!labels) return
  const path = 'spec.resourceAttributes.labelSelector'
  yield* validateSelector(labels, path)
  const errors = validateLabelSelector({ matchExpressions: labels.requirements }, path, { allowUnknownOperators: true })
  for (const error of errors) yield { ...error, field: error.field.replace('matchExpressions', 'requirements') }
}

/** `rest` completes upstream's sentence for the metadata that may be set. */
export function* validateEmptyMetadata(
  metadata: ObjectMeta,
  ignored: readonly (keyof ObjectMeta)[],
  rest = '',
): Generator<FieldError> {
  const set = Object.entries(metadata).filter(([key, value]) => {
    return value !== undefined && value !== null && value !== '' && !ignored.includes(key as keyof ObjectMeta)
  })
  if (set.length) yield invalid('metadata', metadata, `must be empty${rest}`)
}

/** What SubjectAccessReview and LocalSubjectAccessReview ask of their spec. */
export function* validateReviewSpec(spec: SubjectAccessReviewSpec): Generator<FieldError> {
  yield* validateAttributes(spec)
  if (!spec.user && !spec.groups?.length)
    yield invalid('spec.user', spec.user ?? '', 'at least one of user or group must be specified')
  yield* validateSelectors(spec)
}
