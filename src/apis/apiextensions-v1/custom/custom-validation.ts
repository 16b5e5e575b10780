/** What is wrong with a custom resource: its schema, its scale, resources embedded in it, its lists. */
import type { FieldError } from '../../../machinery/field-error.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { embeddedResourceErrors } from '../../../machinery/structural/embedded-metadata.js'
import { fieldErrorOf } from '../../../machinery/structural/finding.js'
import { type JsonSchema, propertyOf } from '../../../machinery/structural/json-schema.js'
import { listTypeErrors } from '../../../machinery/structural/list-types.js'
import { valueFindings } from '../../../machinery/structural/validate-value.js'
import type { CustomResourceSubresourceScale } from '../../generated/apiextensions-v1.js'
import { scaleSpecErrors, scaleStatusErrors } from './scale-fields.js'

/** Evaluates the rules of a schema; `old` is undefined for a new object. Whoever has CEL gives it. */
export type RuleErrors = (schema: JsonSchema, object: AnyObject, old: AnyObject | undefined) => Iterable<FieldError>

export interface CustomRules {
  schema: JsonSchema
  scale: CustomResourceSubresourceScale | undefined
  /** Absent: rules are kept and not evaluated. */
  ruleErrors?: RuleErrors
}

function* schemaErrors(schema: JsonSchema, value: unknown, base: string, old?: { value: unknown }) {
  const { list } = valueFindings(schema, value, { path: '', ...(old && { old }) })
  for (const finding of list) yield fieldErrorOf(finding, base)
}

/** Old lists with doubled elements may stay as they are. */
function* listErrors(schema: JsonSchema, object: AnyObject, old?: AnyObject): Generator<FieldError> {
  const errors = [...listTypeErrors('', schema, object)]
  if (!errors.length || (old && [...listTypeErrors('', schema, old)].length)) return
  yield* errors
}

export function* customErrors(rules: CustomRules, object: AnyObject, old?: AnyObject): Generator<FieldError> {
  const { schema, scale, ruleErrors } = rules
  yield* schemaErrors(schema, object, '', old && { value: old })
  if (scale) yield* scaleSpecErrors(object, scale)
  if (scale) yield* scaleStatusErrors(object, scale)
  yield* embeddedResourceErrors(schema, object)
  yield* listErrors(schema, object, old)
  if (ruleErrors) yield* ruleErrors(schema, object, old)
}

/** Through the status subresource nothing but the status is looked at. */
export function* customStatusErrors(rules: CustomRules, object: AnyObject, old: AnyObject): Generator<FieldError> {
  const { schema, scale, ruleErrors } = rules
  const status = propertyOf(schema, 'status')
  if (status && object.status !== undefined) {
    const before = old.status === undefined ? undefined : { value: old.status }
    yield* schemaErrors(status, object.status, 'status', before)
  }
  if (scale) yield* scaleStatusErrors(object, scale)
  yield* listErrors(schema, object, old)
  if (ruleErrors) yield* ruleErrors(schema, object, old)
}
