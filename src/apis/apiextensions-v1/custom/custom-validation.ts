/** What is wrong with a custom resource: its schema, its scale, resources embedded in it, its lists. */
import { type FieldError, invalid } from '../../../machinery/field-error.js'
import type { WriteContext } from '../../../machinery/kind.js'
import type { AnyObject } from '../../../machinery/object-meta.js'
import { embeddedResourceErrors } from '../../../machinery/structural/embedded-metadata.js'
import { fieldErrorOf } from '../../../machinery/structural/finding.js'
import { type JsonSchema, propertyOf } from '../../../machinery/structural/json-schema.js'
import { listTypeErrors } from '../../../machinery/structural/list-types.js'
import { ruleErrors } from '../../../machinery/structural/rule-errors.js'
import type { RuleNode } from '../../../machinery/structural/rule-tree.js'
import { valueFindings } from '../../../machinery/structural/validate-value.js'
import type { CustomResourceSubresourceScale } from '../../generated/apiextensions-v1.js'
import { scaleSpecErrors, scaleStatusErrors } from './scale-fields.js'

export interface CustomRules {
  schema: JsonSchema
  scale: CustomResourceSubresourceScale | undefined
  /** Undefined where the schema has no rules in CEL. */
  tree: RuleNode | undefined
}

interface Change {
  object: AnyObject
  old?: AnyObject
}

/** Types of errors that keep rules from being looked at. */
const blocking: ReadonlySet<string> = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const unchecked =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** The errors so far, then those of rules in CEL. */
function withRules(
  errors: readonly FieldError[],
  { tree }: CustomRules,
  { object, old }: Change,
  { warn }: WriteContext,
): readonly FieldError[] {
  if (!tree) return errors
  if (errors.some(({ type }) => blocking.has(type))) return [...errors, invalid('<nil>', null, unchecked)]
  return [...errors, ...ruleErrors(tree, { value: object, old }, warn ? { warn } : {}).errors]
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

function* objectErrors({ schema, scale }: CustomRules, { object, old }: Change): Generator<FieldError> {
  yield* schemaErrors(schema, object, '', old && { value: old })
  if (scale) yield* scaleSpecErrors(object, scale)
  if (scale) yield* scaleStatusErrors(object, scale)
  yield* embeddedResourceErrors(schema, object)
  yield* listErrors(schema, object, old)
}

function* statusErrors({ schema, scale }: CustomRules, { object, old }: Required<Change>): Generator<FieldError> {
  const status = propertyOf(schema, 'status')
  if (status && object.status !== undefined) {
    const before = old.status === undefined ? undefined : { value: old.status }
    yield* schemaErrors(status, object.status, 'status', before)
  }
  if (scale) yield* scaleStatusErrors(object, scale)
  yield* listErrors(schema, object, old)
}

export const customErrors = (rules: CustomRules, change: Change, context: WriteContext): Iterable<FieldError> =>
  withRules([...objectErrors(rules, change)], rules, change, context)

/** Through the status subresource nothing but the status is looked at; but all rules are. */
export const customStatusErrors = (
  rules: CustomRules,
  change: Required<Change>,
  context: WriteContext,
): Iterable<FieldError> => withRules([...statusErrors(rules, change)], rules, change, context)
