/** Turns a parsed body into an object of the kind that the resource takes: checked, stripped of what is unknown, defaulted. */
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { decodeObject } from '../../machinery/schema/decode.js'
import { cannotBeHandled, DecodeError, strictDecodingError } from '../../machinery/schema/decode-error.js'
import { applySchemaDefaults } from '../../machinery/schema/defaults.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { badRequest } from '../../machinery/status-error.js'
import type { VerbRequest } from './outcome.js'

/** The type of a body. Kinds are such; subresources also take others, such as Scale. */
export type BodyType = Pick<AnyKind, 'group' | 'version' | 'kind' | 'schema'> & Partial<Pick<AnyKind, 'setDefaults'>>

type Told = Pick<VerbRequest, 'bodyErrors' | 'bodySummary' | 'write' | 'warn'>

const apiVersionOf = ({ group, version }: BodyType) => (group ? `${group}/${version}` : version)

function checkType(type: BodyType, body: Record<string, unknown>): void {
  const { kind = type.kind, apiVersion = apiVersionOf(type) } = body
  if (kind === type.kind && apiVersion === apiVersionOf(type)) return
  const version = String(apiVersion).split('/').at(-1) ?? ''
  if (kind !== type.kind && kind !== '') {
    const to = `${type.group.split('.')[0] || 'core'}.${type.kind}`
    throw cannotBeHandledAs(
      { kind: String(kind), version },
      type,
      `converting (${version}.${kind}) to (${to}): unknown conversion`,
    )
  }
  if (apiVersion !== '' && apiVersion !== apiVersionOf(type))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    )
}

const cannotBeHandledAs = (given: { kind: string; version: string }, type: BodyType, why: string) =>
  badRequest(`${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${type.kind}: ${why}`)

/** Applies the request's fieldValidation to what was found. Without one, nothing is said: HTTP always sets one. */
function reportStrictErrors(type: BodyType, errors: readonly string[], { write, warn }: Told): void {
  if (!errors.length) return
  if (write?.fieldValidation === 'Strict') throw cannotBeHandled(type.kind, type.version, strictDecodingError(errors))
  if (write?.fieldValidation === 'Warn') for (const error of errors) warn?.(error)
}

/** Fills in the schema's defaults and then those of the kind. */
export function applyDefaults(schemas: SchemaSet, type: BodyType, object: AnyObject): void {
  applySchemaDefaults(schemas, type.schema, object)
  type.setDefaults?.(object)
}

/** Decodes without defaults; `errors` are unknown fields. Throws a DecodeError. */
export function decodeAs(schemas: SchemaSet, type: BodyType, body: unknown): { object: AnyObject; errors: string[] } {
  const { object, strictErrors } = decodeObject(schemas, type.schema, body)
  object.kind = type.kind
  object.apiVersion = apiVersionOf(type)
  object.metadata ??= {}
  return { object: object as AnyObject, errors: strictErrors }
}

/** Throws upstream's 400 for a body that is not of that type, and for unknown fields where the client wants it strict. */
export function decodeBody(schemas: SchemaSet, type: BodyType, request: Told & { body?: unknown }): AnyObject {
  const { body, bodyErrors = [], bodySummary = '' } = request
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): couldn't get version/kind; json parse error: json: cannot unmarshal ${Array.isArray(body) ? 'array' : typeof body} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (${bodySummary})`,
    )
  checkType(type, body as Record<string, unknown>)
  try {
    const { object, errors } = decodeAs(schemas, type, body)
    reportStrictErrors(type, [...bodyErrors, ...errors], request)
    applyDefaults(schemas, type, object)
    return object
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(type.kind, type.version, error)
    throw error
  }
}
