/** Defaults that a schema states have to be values that it takes. */
import { cloneJson } from '../clone.js'
import { type FieldError, invalid } from '../field-error.js'
import type { SchemaSet } from '../schema/types.js'
import { deepEqualJson } from './correlation.js'
import { coerceEmbedded, EmbeddedResourceError, embeddedResourceErrors } from './embedded-metadata.js'
import { fieldErrorOf } from './finding.js'
import { itemsOf, type JsonSchema } from './json-schema.js'
import { pruneUnknown } from './prune.js'
import { valueFindings } from './validate-value.js'

function* errorsOfDefault(schemas: SchemaSet, schema: JsonSchema, path: string): Generator<FieldError> {
  const value = cloneJson(schema.default)
  if (pruneUnknown(cloneJson(value), schema, false).length)
    yield invalid(path, schema.default, 'must not have unknown fields')
  try {
    coerceEmbedded(schemas, schema, value)
  } catch (error) {
    if (!(error instanceof EmbeddedResourceError)) throw error
    yield { ...error.fieldError, field: `${path}.${error.fieldError.field}` }
    return
  }
  const embedded = [...embeddedResourceErrors(schema, value)]
  if (embedded.length) yield* embedded.map(error => ({ ...error, field: `${path}.${error.field}` }))
  else for (const finding of valueFindings(schema, value, { path: '' }).list) yield fieldErrorOf(finding, path)
}

const typeFields = ['metadata', 'apiVersion', 'kind']

/** Inside of metadata a default has to leave metadata valid. */
function* metadataErrors(schemas: SchemaSet, schema: JsonSchema, path: string, steps: readonly string[]) {
  const object = steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), cloneJson(schema.default))
  const copy = cloneJson(object)
  try {
    coerceEmbedded(schemas, { 'x-kubernetes-embedded-resource': true }, copy)
    if (deepEqualJson(copy, object))
      for (const finding of valueFindings(schema, schema.default, { path: '' }).list) yield fieldErrorOf(finding, path)
  } catch (error) {
    yield invalid(path, schema.default, `must result in valid metadata: ${(error as Error).message}`)
  }
}

function* below(
  schemas: SchemaSet,
  schema: JsonSchema,
  path: string,
  metadata: readonly string[] | undefined,
): Generator<FieldError> {
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const steps = embedded ? undefined : metadata
  if (schema.default !== undefined)
    yield* steps
      ? metadataErrors(schemas, schema, `${path}.default`, steps)
      : errorsOfDefault(schemas, schema, `${path}.default`)
  const items = itemsOf(schema)
  if (items) yield* below(schemas, items, `${path}.items`, steps)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const inside = steps ? [...steps, name] : embedded && typeFields.includes(name) ? [name] : undefined
    yield* below(schemas, property, `${path}.properties[${name}]`, inside)
  }
}

/** Errors of all defaults of an object's schema. `schemas` are those of built-in types. */
export const defaultErrors = (schemas: SchemaSet, schema: JsonSchema, path: string): Iterable<FieldError> =>
  below(schemas, { ...schema, 'x-kubernetes-embedded-resource': true }, path, undefined)
