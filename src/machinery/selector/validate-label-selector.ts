/** Validation of labels and of label selectors inside objects. */
import { type FieldError, forbidden, invalid, required } from '../field-error.js'
import { isQualifiedName, isValidLabelValue } from '../names.js'
import type { MetaLabelRequirement, MetaLabelSelector } from './label-selector.js'

/** What a caller may allow, for the sake of objects stored long ago and of reviews. */
export interface LabelSelectorValidationOptions {
  allowInvalidLabelValues?: boolean
  allowUnknownOperators?: boolean
}

/** The key of a label, of a condition and the like. */
export const validateLabelName = (name: string, field: string): FieldError[] =>
  isQualifiedName(name).map(message => invalid(field, name, message))

/** Keys and values; every error names the map's own path, as upstream does. */
export const validateLabels = (labels: Readonly<Record<string, string>> | undefined, field: string): FieldError[] =>
  Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...validateLabelName(key, field),
    ...isValidLabelValue(value).map(message => invalid(field, value, message)),
  ])

function validateOperator({ operator, values = [] }: MetaLabelRequirement, field: string, allowUnknown: boolean) {
  switch (operator) {
    case 'In':
    case 'NotIn':
      return values.length ? [] : [required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
    case 'Exists':
    case 'DoesNotExist':
      return values.length
        ? [forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : []
    default:
      return allowUnknown ? [] : [invalid(`${field}.operator`, operator, 'not a valid selector operator')]
  }
}

/** Upstream's ValidateLabelSelector; an absent selector has no errors. */
export function validateLabelSelector(
  selector: MetaLabelSelector | undefined,
  field: string,
  options: LabelSelectorValidationOptions = {},
): FieldError[] {
  if (!selector) return []
  const expressions = (selector.matchExpressions ?? []).flatMap((requirement, i) => {
    const path = `${field}.matchExpressions[${i}]`
    const values = options.allowInvalidLabelValues ? [] : (requirement.values ?? [])
    return [
      ...validateOperator(requirement, path, options.allowUnknownOperators ?? false),
      ...validateLabelName(requirement.key, `${path}.key`),
      ...values.flatMap((value, j) => isValidLabelValue(value).map(e => invalid(`${path}.values[${j}]`, value, e))),
    ]
  })
  return [...validateLabels(selector.matchLabels, `${field}.matchLabels`), ...expressions]
}
