/** Checks of the whole schema of one version. */
import { type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import { defaultErrors } from '../../machinery/structural/default-errors.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import { structuralErrors, unreadableSchema } from '../../machinery/structural/structural-errors.js'
import { loadSchemas } from '../generated/schema.js'
import { goSchema, setFields } from './go-form.js'
import { RuleContext } from './rule-context.js'
import { totalCostErrors } from './rule-expressions.js'
import { schemaErrors } from './schema-validation.js'

const besideStatus = [
  'Description',
  'Type',
  'Format',
  'Title',
  'Maximum',
  'ExclusiveMaximum',
  'Minimum',
  'ExclusiveMinimum',
  'MaxLength',
  'MinLength',
  'Pattern',
  'MaxItems',
  'MinItems',
  'UniqueItems',
  'MultipleOf',
  'Required',
  'Items',
  'Properties',
  'ExternalDocs',
  'Example',
  'XPreserveUnknownFields',
  'XValidations',
]

/** With a status subresource, spec and status are validated apart: the root may not tie them together. */
function* rootFieldErrors(schema: JsonSchema, path: string): Generator<FieldError> {
  const where = 'at the root of the schema if the status subresource is enabled'
  for (const { name, goName } of setFields(schema)) {
    if (name === 'type') {
      if (schema.type === 'object') continue
      yield invalid(`${path}.openAPIV3Schema.type`, schema.type, `only "object" is allowed as the type ${where}`)
      return
    }
    if (besideStatus.includes(goName)) continue
    const why = `only [${besideStatus.join(' ')}] fields are allowed ${where}`
    yield invalid(`${path}.openAPIV3Schema`, goSchema(schema), why)
    return
  }
}

interface RootOptions {
  withStatus: boolean
  allowsAnyType: boolean
  /** An update leaves the schema as it was. */
  isUnchanged: boolean
}

/** Rules are looked at in a schema that is structural and whose defaults fit. */
function innerErrors(
  schema: JsonSchema,
  path: string,
  { allowsAnyType, isUnchanged }: RootOptions,
  withRules: boolean,
) {
  const context = RuleContext.root(schema)
  const found: FieldError[] = []
  const rules = withRules ? { context, ignoreCost: isUnchanged } : undefined
  const errors = schemaErrors(schema, path, { allowsAnyType, rules, expressionErrors: found }, true)
  return [...errors, ...found, ...totalCostErrors(context.costs, path)]
}

/** `path` is that of the field that holds `openAPIV3Schema`. The pattern engine must have been loaded. */
export function rootSchemaErrors(schema: JsonSchema, path: string, options: RootOptions): FieldError[] {
  const at = `${path}.openAPIV3Schema`
  const errors: FieldError[] = options.withStatus ? [...rootFieldErrors(schema, path)] : []
  if (schema.nullable) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'))
  const unreadable = unreadableSchema(schema)
  let isSound = false
  if (!unreadable) {
    const structural = structuralErrors(schema, at)
    const found = structural.length ? structural : [...defaultErrors(loadSchemas(), schema, at)]
    errors.push(...found)
    isSound = !found.length
  }
  errors.push(...innerErrors(schema, at, options, isSound))
  return errors.length || !unreadable ? errors : [invalid(at, '', unreadable)]
}
