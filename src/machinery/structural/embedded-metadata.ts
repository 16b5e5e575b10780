/** Metadata of custom resources, and of resources embedded in them: brought into the form of ObjectMeta, and checked. */
import { type FieldError, invalid, required } from '../field-error.js'
import { nameIsPathSegment } from '../name-rules.js'
import { isDns1035Label } from '../names.js'
import type { ObjectMeta } from '../object-meta.js'
import { validateObjectMeta } from '../object-meta-validation.js'
import { decodeObject } from '../schema/decode.js'
import type { SchemaSet } from '../schema/types.js'
import { additionalOf, isJsonObject, itemsOf, type JsonObject, type JsonSchema, propertyOf } from './json-schema.js'

const isEmbedded = (schema: JsonSchema) => schema['x-kubernetes-embedded-resource'] === true

const unknownPrefix = 'unknown field '
const pathOf = (error: string) => JSON.parse(error.slice(unknownPrefix.length)) as string

/** Decodes metadata as Go does; `unknown` holds paths within it. Throws a DecodeError. */
export function decodeMetadata(schemas: SchemaSet, metadata: unknown): { metadata: ObjectMeta; unknown: string[] } {
  const { object, strictErrors } = decodeObject(schemas, 'meta.v1.ObjectMeta', metadata)
  return { metadata: object as ObjectMeta, unknown: strictErrors.filter(e => e.startsWith(unknownPrefix)).map(pathOf) }
}

/** Every embedded resource below a value, the value itself included, with its path. */
function* embeddedIn(
  path: string,
  schema: JsonSchema,
  value: unknown,
): Generator<{ path: string; object: JsonObject }> {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items) for (let i = 0; i < value.length; i++) yield* embeddedIn(`${path}[${i}]`, items, value[i])
  } else if (isJsonObject(value)) {
    if (isEmbedded(schema)) yield { path, object: value }
    const additional = additionalOf(schema)
    for (const name of Object.keys(value)) {
      const property = propertyOf(schema, name)
      if (property) yield* embeddedIn(path ? `${path}.${name}` : name, property, value[name])
      else if (additional) yield* embeddedIn(`${path}[${name}]`, additional, value[name])
    }
  }
}

/** The first thing that keeps an embedded resource from being one. */
export class EmbeddedResourceError extends Error {
  constructor(readonly fieldError: FieldError) {
    super(`${fieldError.field}: ${fieldError.message}`)
  }
}

/**
 * Changes embedded resources in place so that their metadata is ObjectMeta; returns the paths of its unknown fields, sorted.
 * Throws an EmbeddedResourceError, or with `drop` drops what does not fit.
 */
export function coerceEmbedded(schemas: SchemaSet, schema: JsonSchema, value: unknown, drop = false): string[] {
  const unknown: string[] = []
  for (const { path, object } of embeddedIn('', schema, value)) {
    const at = (name: string) => (path ? `${path}.${name}` : name)
    for (const name of ['apiVersion', 'kind']) {
      if (!Object.hasOwn(object, name) || typeof object[name] === 'string') continue
      if (!drop) throw new EmbeddedResourceError(invalid(at(name), object[name], 'must be a string'))
      delete object[name]
    }
    if (!Object.hasOwn(object, 'metadata')) continue
    try {
      const decoded = decodeMetadata(schemas, object.metadata)
      object.metadata = decoded.metadata
      unknown.push(...decoded.unknown.map(name => `${at('metadata')}.${name}`))
    } catch (error) {
      if (!drop) throw new EmbeddedResourceError(invalid(at('metadata'), object.metadata, (error as Error).message))
    }
  }
  return unknown.sort()
}

function* kindErrors(path: string, kind: unknown): Generator<FieldError> {
  if (typeof kind !== 'string') yield invalid(path, kind, 'must be a string')
  else if (!kind) yield invalid(path, kind, 'must not be empty')
  else {
    const errors = isDns1035Label(kind.toLowerCase())
    if (errors.length) yield invalid(path, kind, `may have mixed case, but should otherwise match: ${errors.join(',')}`)
  }
}

function* versionErrors(path: string, apiVersion: unknown): Generator<FieldError> {
  if (typeof apiVersion !== 'string') yield invalid(path, apiVersion, 'must be a string')
  else if (!apiVersion) yield invalid(path, apiVersion, 'must not be empty')
  else if (apiVersion.split('/').length > 2)
    yield invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)
}

function* resourceErrors(path: string, object: JsonObject): Generator<FieldError> {
  const at = (name: string) => (path ? `${path}.${name}` : name)
  const has = (name: string) => Object.hasOwn(object, name)
  if (has('apiVersion')) yield* versionErrors(at('apiVersion'), object.apiVersion)
  else yield required(at('apiVersion'))
  if (has('kind')) yield* kindErrors(at('kind'), object.kind)
  else yield required(at('kind'))
  if (!isJsonObject(object.metadata)) return
  const metadata = object.metadata as ObjectMeta
  const rules = { namespaced: !!metadata.namespace, validateName: nameIsPathSegment }
  yield* validateObjectMeta({ ...metadata, name: metadata.name || 'fakename' }, rules, at('metadata'))
}

/** What is wrong with the type and metadata of embedded resources; they have been coerced. */
export function* embeddedResourceErrors(schema: JsonSchema, value: unknown): Generator<FieldError> {
  for (const { path, object } of embeddedIn('', schema, value)) yield* resourceErrors(path, object)
}
