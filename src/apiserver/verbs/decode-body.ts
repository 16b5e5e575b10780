/** Turns a parsed body into an object of the kind that the resource takes: checked, stripped of what is unknown, defaulted. */
import { cloneJson } from '../../machinery/clone.js'
import { invalid } from '../../machinery/field-error.js'
import type { AnyKind, CustomCodec } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { schemaNameOf } from '../../machinery/protobuf/envelope.js'
import { decodeObject } from '../../machinery/schema/decode.js'
import { cannotBeHandled, DecodeError, strictDecodingError } from '../../machinery/schema/decode-error.js'
import { applySchemaDefaults } from '../../machinery/schema/defaults.js'
import { isInRaw } from '../../machinery/schema/raw-path.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { wrapIntegers } from '../../machinery/schema/wrap-integers.js'
import { badRequest, invalidObject, type StatusError } from '../../machinery/status-error.js'
import type { VerbRequest } from './outcome.js'
import { inReadingOrder } from './reading-order.js'

/** The type of a body. Kinds are such; subresources also take others, such as Scale. */
export type BodyType = Pick<AnyKind, 'group' | 'version' | 'kind' | 'schema'> &
  Partial<Pick<AnyKind, 'setDefaults' | 'custom'>> & { older?: OlderVersions }

/** Versions that are served nowhere any more, but taken in bodies; they are read as the type itself. */
export interface OlderVersions {
  readonly apiVersions: readonly string[]
  /** Where one differs: why the document cannot be read, in Go's words. */
  flaw?(document: object): string | undefined
}

type Told = Pick<VerbRequest, 'bodyErrors' | 'bodySummary' | 'bodyFractions' | 'bodyText' | 'write' | 'warn' | 'audit'>

const apiVersionOf = ({ group, version }: BodyType) => (group ? `${group}/${version}` : version)

const goKinds: Readonly<Record<string, string>> = { boolean: 'bool', bigint: 'number' }
const goKind = (value: unknown) => (Array.isArray(value) ? 'array' : (goKinds[typeof value] ?? typeof value))

/** Upstream's words for a body of which not even the type can be read. */
const unrecognized = ({ kind }: BodyType, why: string, summary = '') =>
  badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`)

const goTypeMeta = `struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`

/** Why not even the type of a document can be read, in upstream's words; undefined when it can. */
export function typeMetaError(document: unknown): string | undefined {
  const why = (value: unknown, into: string) =>
    `couldn't get version/kind; json parse error: json: cannot unmarshal ${goKind(value)} into Go ${into}`
  if (document === null || document === undefined) return undefined
  if (typeof document !== 'object' || Array.isArray(document)) return why(document, `value of type ${goTypeMeta}`)
  for (const field of ['apiVersion', 'kind']) {
    const value = (document as Record<string, unknown>)[field]
    if (value !== undefined && value !== null && typeof value !== 'string')
      return why(value, `struct field .${field} of type string`)
  }
  return undefined
}

interface GivenType {
  kind: string
  apiVersion: string
}

function givenType(type: BodyType, body: Record<string, unknown>, summary: string | undefined): GivenType {
  const { kind, apiVersion } = body as { kind?: string | null; apiVersion?: string | null }
  if (apiVersion && apiVersion.split('/').length > 2)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): unexpected GroupVersion string: ${apiVersion} (${summary})`,
    )
  // Go takes an empty group for the core group.
  if (apiVersion?.startsWith('/')) return { kind: kind || type.kind, apiVersion: apiVersion.slice(1) }
  return { kind: kind || type.kind, apiVersion: apiVersion || apiVersionOf(type) }
}

/** Lists are types as well, and one of v1 is for anything. */
const isRegistered = (schemas: SchemaSet, { kind, apiVersion }: GivenType): boolean =>
  isKind(schemas, { kind, apiVersion }) ||
  (kind === 'List' && apiVersion === 'v1') ||
  (kind.endsWith('List') && isKind(schemas, { kind: kind.slice(0, -'List'.length), apiVersion }))

/** Parts of kinds have schemas too. */
function isKind(schemas: SchemaSet, type: GivenType): boolean {
  const name = schemaNameOf(schemas, type)
  return name !== undefined && (name.startsWith('meta.v1.') || 'apiVersion' in schemas[name]!.fields)
}

/** Upstream serves these groups by servers of their own, which know no kinds of others. */
const serversOfTheirOwn: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

/** Why a document cannot be read as an object of that type, in upstream's words; undefined when it names another version. */
function misfit(schemas: SchemaSet, type: BodyType, { kind, apiVersion }: GivenType): string | undefined {
  if (apiVersion.split('/').length > 2) return `unexpected GroupVersion string: ${apiVersion}`
  const isForeign = serversOfTheirOwn.has(type.group) && apiVersion.split('/')[0] !== type.group
  if (isForeign || !isRegistered(schemas, { kind, apiVersion }))
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`
  if (kind === type.kind) return undefined
  const to = `${type.group.split('.')[0] || 'core'}.${type.kind}`
  return `converting (${apiVersion.split('/').at(-1)}.${kind}) to (${to}): unknown conversion`
}

function wrongType(schemas: SchemaSet, type: BodyType, given: GivenType): StatusError {
  const { kind, apiVersion } = given
  const version = JSON.stringify(apiVersion.split('/').at(-1) ?? '')
  const why = misfit(schemas, type, given)
  if (why) return badRequest(`${kind} in version ${version} cannot be handled as a ${type.kind}: ${why}`)
  return badRequest(
    `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
  )
}

/** A patch may not make another kind of the object; the reason when it does. */
export function patchedMisfit(schemas: SchemaSet, type: BodyType, document: unknown): string | undefined {
  if (type.custom) return undefined
  const wrong = typeMetaError(document)
  if (wrong) return wrong
  const { kind: given, apiVersion } = (document ?? {}) as Partial<GivenType>
  const kind = given || type.kind
  if (!apiVersion) return undefined
  if (kind === type.kind && type.older?.apiVersions.includes(apiVersion)) return type.older.flaw?.(document as object)
  return kind === type.kind && apiVersion === apiVersionOf(type)
    ? undefined
    : misfit(schemas, type, { kind, apiVersion })
}

/** YAML's parser tells of doubled keys in one error with a line for each; a warning is the line. */
const ofYaml = /^yaml: unmarshal errors:\n {2}/

/** Applies the request's fieldValidation to what was found. Without one, nothing is said: HTTP always sets one. */
function reportStrictErrors(type: BodyType, errors: readonly string[], { write, warn }: Told): void {
  if (!errors.length) return
  if (write?.fieldValidation === 'Strict') throw cannotBeHandled(type.kind, type.version, strictDecodingError(errors))
  if (write?.fieldValidation === 'Warn') for (const error of errors) warn?.(error.replace(ofYaml, ''))
}

/** Fills in the schema's defaults and then those of the kind. */
export function applyDefaults(schemas: SchemaSet, type: BodyType, object: AnyObject): void {
  if (!type.custom) applySchemaDefaults(schemas, type.schema, object)
  type.setDefaults?.(object)
}

/** Decodes without defaults; `errors` are unknown fields. Throws a DecodeError. */
export function decodeAs(
  schemas: SchemaSet,
  type: BodyType,
  body: unknown,
  fractions?: ReadonlyMap<string, string>,
): { object: AnyObject; errors: string[] } {
  if (type.custom) return decodeCustom(type, type.custom, body)
  const { object, strictErrors } = decodeObject(schemas, type.schema, body, fractions)
  object.kind = type.kind
  object.apiVersion = apiVersionOf(type)
  object.metadata ??= {}
  return { object: object as AnyObject, errors: strictErrors }
}

/** As `decodeAs`, of what upstream restores from maps: whole numbers always fit. */
export function decodeUntyped(schemas: SchemaSet, type: BodyType, body: unknown): ReturnType<typeof decodeAs> {
  try {
    return decodeAs(schemas, type, body)
  } catch (error) {
    if (type.custom || !(error instanceof DecodeError) || error.mismatch?.type !== 'integer') throw error
    return decodeAs(schemas, type, wrapIntegers(schemas, type.schema, body as object))
  }
}

/** A custom resource has to say what it is. Throws upstream's 422 when it says something else. */
function decodeCustom(type: BodyType, custom: CustomCodec, body: unknown): { object: AnyObject; errors: string[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new DecodeError(`json: cannot unmarshal ${goKind(body)} into Go value of type map[string]interface {}`)
  const { kind, apiVersion } = body as Partial<GivenType>
  const decoded = custom.decode(cloneJson(body) as Record<string, unknown>)
  const wrong = [
    ...(kind && kind !== type.kind ? [invalid('kind', kind, `must be ${type.kind}`)] : []),
    ...(apiVersion && apiVersion !== apiVersionOf(type)
      ? [invalid('apiVersion', apiVersion, `must be ${apiVersionOf(type)}`)]
      : []),
  ]
  const { name = '' } = decoded.object.metadata
  if (wrong.length) throw invalidObject({ group: type.group, kind: kind || type.kind }, name, wrong)
  decoded.object.kind = type.kind
  decoded.object.apiVersion = apiVersionOf(type)
  return decoded
}

/** What upstream asks of a body that it knows no type for. Callers in this process may leave the type out. */
function checkCustomType(type: BodyType, given: unknown, { bodyText, bodySummary = '' }: Told): void {
  const { kind, apiVersion = '' } = (given ?? {}) as Partial<GivenType>
  if (!bodyText) return
  if (!kind)
    throw badRequest(
      `the object provided is unrecognized (must be of type ${type.kind}): Object 'Kind' is missing in '${bodyText()}' (${bodySummary})`,
    )
  if (apiVersion !== apiVersionOf(type))
    throw badRequest(
      `the API version in the data (${apiVersion}) does not match the expected API version (${apiVersionOf(type)})`,
    )
}

const pathIn = (error: string) => error.slice(error.indexOf('"') + 1, -1)

/** What stands in a field that nobody knows is not looked at: neither is that the field stands there twice. */
function isInside(error: string, others: readonly string[]): boolean {
  const path = pathIn(error)
  return others
    .map(pathIn)
    .some(other => path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`))
}

/** Throws upstream's 400 for a body that is not of that type, and for unknown fields where the client wants it strict. */
export function decodeBody(schemas: SchemaSet, type: BodyType, request: Told & { body?: unknown }): AnyObject {
  const { bodyErrors = [], bodySummary } = request
  const body = request.body ?? {}
  const unreadable = typeMetaError(body)
  if (unreadable) throw unrecognized(type, unreadable, bodySummary)
  const given = givenType(type, body as Record<string, unknown>, bodySummary)
  if (type.custom) checkCustomType(type, request.body, request)
  else if (given.kind === type.kind && type.older?.apiVersions.includes(given.apiVersion)) {
    const flaw = type.older.flaw?.(body)
    if (flaw) throw cannotBeHandled(type.kind, given.apiVersion.split('/').at(-1)!, new DecodeError(flaw))
  } else if (given.kind !== type.kind || given.apiVersion !== apiVersionOf(type)) throw wrongType(schemas, type, given)
  try {
    const { object, errors } = decodeAs(schemas, type, body, request.bodyFractions)
    const known = type.custom ? bodyErrors : bodyErrors.filter(error => !isInRaw(schemas, type.schema, pathIn(error)))
    const repeated = errors.length && !type.custom ? known.filter(error => !isInside(error, errors)) : known
    const isYaml = repeated.some(error => ofYaml.test(error))
    // YAML becomes JSON first, with its keys in alphabetical order.
    const strict = [...repeated, ...(isYaml ? [...errors].sort() : errors)]
    reportStrictErrors(
      type,
      !type.custom && !isYaml && repeated.length && errors.length ? inReadingOrder(body, strict) : strict,
      request,
    )
    applyDefaults(schemas, type, object)
    request.audit?.decoded(object)
    return object
  } catch (error) {
    if (error instanceof DecodeError) throw cannotBeHandled(type.kind, type.version, error)
    throw error
  }
}
