/** Defaults that a schema states have to be values that it takes. */
import { cloneJson } from '../clone.js'
import { type FieldError, invalid } from '../field-error.js'
import type { SchemaSet } from '../schema/types.js'
import { deepEqualJson } from './correlation.js'
import { coerceEmbedded, EmbeddedResourceError, embeddedResourceErrors } from './embedded-metadata.js'
import { fieldErrorOf } from './finding.js'
import { itemsOf, type JsonSchema } from './json-schema.js'
import { pruneUnknown } from './prune.js'
import { ruleBudget, ruleErrors } from './rule-errors.js'
import { ruleTree } from './rule-tree.js'
import { valueFindings } from './validate-value.js'

/** All defaults of a schema together may cost as much as one object. */
interface Budget {
  left: number
}

/** A default is as good as a new value, and as one that is left as it is. */
function* brokenRules(schema: JsonSchema, path: string, budget: Budget): Generator<FieldError> {
  const tree = ruleTree(schema, schema['x-kubernetes-embedded-resource'] === true)
  if (!tree || budget.left < 0) return
  const value = schema.default
  const options = { path, budget: budget.left, strict: true }
  const kept = ruleErrors(tree, { value, old: value }, options)
  const added = kept.errors.length ? kept : ruleErrors(tree, { value }, options)
  budget.left = Math.min(kept.left, added.left)
  yield* added.errors
}

function* valueErrors(schema: JsonSchema, path: string, budget: Budget): Generator<FieldError> {
  const { list } = valueFindings(schema, schema.default, { path: '' })
  for (const finding of list) yield fieldErrorOf(finding, path)
  if (!list.length) yield* brokenRules(schema, path, budget)
}

function* errorsOfDefault(schemas: SchemaSet, schema: JsonSchema, path: string, budget: Budget): Generator<FieldError> {
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
  else yield* valueErrors(schema, path, budget)
}

const typeFields = ['metadata', 'apiVersion', 'kind']

/** Inside of metadata a default has to leave metadata valid. */
function* metadataErrors(
  schemas: SchemaSet,
  schema: JsonSchema,
  { path, steps, budget }: { path: string; steps: readonly string[]; budget: Budget },
) {
  const object = steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), cloneJson(schema.default))
  const copy = cloneJson(object)
  try {
    coerceEmbedded(schemas, { 'x-kubernetes-embedded-resource': true }, copy)
    if (deepEqualJson(copy, object)) yield* valueErrors(schema, path, budget)
  } catch (error) {
    yield invalid(path, schema.default, `must result in valid metadata: ${(error as Error).message}`)
  }
}

function* below(
  schemas: SchemaSet,
  schema: JsonSchema,
  path: string,
  { metadata, budget }: { metadata: readonly string[] | undefined; budget: Budget },
): Generator<FieldError> {
  const embedded = schema['x-kubernetes-embedded-resource'] === true
  const steps = embedded ? undefined : metadata
  const at = `${path}.default`
  if (schema.default !== undefined)
    yield* steps
      ? metadataErrors(schemas, schema, { path: at, steps, budget })
      : errorsOfDefault(schemas, schema, at, budget)
  const items = itemsOf(schema)
  if (items) yield* below(schemas, items, `${path}.items`, { metadata: steps, budget })
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const inside = steps ? [...steps, name] : embedded && typeFields.includes(name) ? [name] : undefined
    yield* below(schemas, property, `${path}.properties[${name}]`, { metadata: inside, budget })
  }
}

/** Errors of all defaults of an object's schema. `schemas` are those of built-in types. */
export const defaultErrors = (schemas: SchemaSet, schema: JsonSchema, path: string): Iterable<FieldError> =>
  below(schemas, { ...schema, 'x-kubernetes-embedded-resource': true }, path, {
    metadata: undefined,
    budget: { left: ruleBudget },
  })
