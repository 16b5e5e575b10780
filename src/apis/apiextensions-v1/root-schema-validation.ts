/** Checks of the whole schema of one version. */
import { type FieldError, forbidden, invalid } from '../../machinery/field-error.js'
import { defaultErrors } from '../../machinery/structural/default-errors.js'
import type { JsonSchema } from '../../machinery/structural/json-schema.js'
import { structuralErrors, unreadableSchema } from '../../machinery/structural/structural-errors.js'
import { loadSchemas } from '../generated/schema.js'
import { goSchema, setFields } from './go-form.js'
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
}

/** `path` is that of the field that holds `openAPIV3Schema`. The pattern engine must have been loaded. */
export function rootSchemaErrors(schema: JsonSchema, path: string, options: RootOptions): FieldError[] {
  const at = `${path}.openAPIV3Schema`
  const errors: FieldError[] = options.withStatus ? [...rootFieldErrors(schema, path)] : []
  if (schema.nullable) errors.push(forbidden(`${at}.nullable`, 'nullable cannot be true at the root'))
  const unreadable = unreadableSchema(schema)
  if (!unreadable) {
    const structural = structuralErrors(schema, at)
    errors.push(...(structural.length ? structural : defaultErrors(loadSchemas(), schema, at)))
  }
  errors.push(...schemaErrors(schema, at, { allowsAnyType: options.allowsAnyType }, true))
  return errors.length || !unreadable ? errors : [invalid(at, '', unreadable)]
}
