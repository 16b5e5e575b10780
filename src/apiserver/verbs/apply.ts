/** Server-side apply: a patch that says what its manager wants, of an object that need not exist yet. */
import { applyObject, shownObject } from '../../machinery/apply/apply-object.js'
import { JsonSyntaxError, parseJson } from '../../machinery/json/parse.js'
import { loadYamlParser, type YamlParser, YamlSyntaxError } from '../../machinery/json/yaml.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { restoreError } from '../../machinery/patch/strategic/restore-error.js'
import { DecodeError } from '../../machinery/schema/decode-error.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'
import type { WriteContext } from './call.js'
import { applyDefaults, type BodyType, decodeUntyped } from './decode-body.js'
import { mergeContextOf, writeMarkOf } from './field-manager.js'
import type { VerbRequest } from './outcome.js'

export const applyPatchType = 'application/apply-patch+yaml'

/** Upstream's 415 for a patch of a type that the resource does not take. */
export const unsupportedPatchType = () =>
  new StatusError(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})

export interface Configuration {
  object: AnyObject
  /** What strict decoding has to say, complete. */
  strictError: string | undefined
}

const doubled = /^yaml: unmarshal errors:/

let yamlParser: Promise<YamlParser> | undefined

async function parseYaml(text: string): Promise<Configuration> {
  yamlParser ??= loadYamlParser()
  try {
    const { value, strictErrors } = (await yamlParser)(text)
    return {
      object: asConfiguration(rounded(text, value)),
      strictError: strictErrors.find(error => doubled.test(error)),
    }
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${error.message}`)
  }
}

const keyIn = (error: string) => (JSON.parse(error.slice(error.indexOf('"'))) as string).split('.').at(-1)

/** YAML's words for JSON of one line. */
function doubledKeys(errors: readonly string[]): string | undefined {
  if (!errors.length) return undefined
  const lines = errors.map(error => `  line 1: key ${JSON.stringify(keyIn(error))} already set in map`)
  return ['yaml: unmarshal errors:', ...lines].join('\n')
}

/** Most clients send JSON, which is read much faster; whatever is wrong with it, YAML's words are wanted. */
function parseAsJson(text: string): Configuration | undefined {
  if (!text.startsWith('{')) return undefined
  try {
    const { value, strictErrors } = parseJson(Buffer.from(text))
    if (strictErrors.length && text.trimEnd().includes('\n')) return undefined
    return { object: asConfiguration(rounded(text, value)), strictError: doubledKeys(strictErrors) }
  } catch (error) {
    if (error instanceof JsonSyntaxError) return undefined
    throw error
  }
}

const goKinds: Readonly<Record<string, string>> = { boolean: 'bool', bigint: 'number' }

function asConfiguration(document: unknown): AnyObject {
  if (typeof document === 'object' && !Array.isArray(document)) return (document ?? {}) as AnyObject
  const kind = Array.isArray(document) ? 'array' : (goKinds[typeof document] ?? typeof document)
  throw badRequest(
    `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
  )
}

const longNumber = /\d{16}/

/** Upstream reads all numbers of an apply as doubles. */
function withDoubles(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(withDoubles)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withDoubles(inner)]))
}

const rounded = (text: string, value: unknown) => (longNumber.test(text) ? withDoubles(value) : value)

/** What the client wants: text over HTTP, an object from callers in this process. Throws 400. */
export async function readConfiguration({ body }: VerbRequest): Promise<Configuration> {
  if (typeof body !== 'string') return { object: asConfiguration(body), strictError: undefined }
  return parseAsJson(body) ?? (await parseYaml(body))
}

function reportStrictError({ write, warn }: VerbRequest, error: string | undefined): void {
  if (!error) return
  if (write?.fieldValidation === 'Strict')
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${error}`)
  if (write?.fieldValidation !== 'Warn') return
  for (const line of error.split('\n').slice(1)) warn?.(line.trim())
}

/** The merged object as its type has it. */
function decodeMerged(
  context: WriteContext,
  type: BodyType,
  { merged, applied }: { merged: AnyObject; applied: AnyObject },
) {
  try {
    const { object } = decodeUntyped(context.schemas, type, merged)
    applyDefaults(context.schemas, type, object)
    return object
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    const [, shown = ''] = shownObject(applied).split('; ')
    throw badRequest(
      `failed to convert new object (${shownObject(applied)}) to proper version: unable to convert unstructured object to ${shown}: ${restoreError(error)}`,
    )
  }
}

export interface ApplyCall {
  /** Of the configuration: Scale where the subresource is. */
  kind: AnyKind
  request: VerbRequest
  configuration: Configuration
}

/** The object after the apply; `current` may be changed, and is undefined when nothing is stored. */
export function appliedTo(context: WriteContext, call: ApplyCall, current: AnyObject | undefined): AnyObject {
  const { kind, request, configuration } = call
  const mergeContext = mergeContextOf(context.schemas, kind, request.subresource ?? '')
  if (!mergeContext) throw unsupportedPatchType()
  const applied = configuration.object
  const mark = writeMarkOf(request, context.clock.now())
  const force = request.write?.force === true
  const { object, changed } = applyObject(mergeContext, { live: current, applied, force, mark })
  const result = changed ? decodeMerged(context, kind, { merged: object, applied }) : object
  reportStrictError(request, configuration.strictError)
  return result
}
