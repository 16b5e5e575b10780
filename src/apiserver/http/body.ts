/** Reads request bodies: up to the limit, then into JSON values whatever their encoding. */
import type { IncomingMessage } from 'node:http'
import { JsonSyntaxError, type ParsedJson, parseJson } from '../../machinery/json/parse.js'
import { utf8Flaw } from '../../machinery/json/utf8-flaw.js'
import { loadYamlParser, type YamlParser, YamlSyntaxError } from '../../machinery/json/yaml.js'
import type { PatchReading } from '../../machinery/patch/json-patch.js'
import { invalidMergePatch } from '../../machinery/patch/merge-patch.js'
import { decodeProtobuf, type TypeMeta } from '../../machinery/protobuf/envelope.js'
import { ProtobufError } from '../../machinery/protobuf/reader.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'

export const requestTooLarge = (limit: number) =>
  new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`)

/** Throws 413 as soon as the limit is passed. An answer ends the connection then, so the rest is not waited for. */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (Number(request.headers['content-length'] ?? 0) > limit) return reject(requestTooLarge(limit))
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size > limit) {
        request.removeAllListeners('data')
        request.pause()
        reject(requestTooLarge(limit))
      } else chunks.push(chunk)
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('aborted', () => reject(badRequest('the client closed the connection before the body was complete')))
  })
}

/** The media type without parameters, lower case; JSON when there is none. */
export const mediaTypeOf = (request: IncomingMessage): string =>
  (request.headers['content-type'] ?? 'application/json').split(';')[0]!.trim().toLowerCase()

const protobufType = 'application/vnd.kubernetes.protobuf'
const jsonType = 'application/json'
const yamlType = 'application/yaml'

const unsupportedMediaType = () =>
  new StatusError(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${jsonType}, ${yamlType}, ${protobufType}`,
  )

export interface ParsedBody {
  value: unknown
  /** Duplicate fields. */
  errors: readonly string[]
  /** How numbers with a point or an exponent were written, by path. */
  fractions?: ReadonlyMap<string, string>
  /** How the text began, for errors. */
  summary: string
}

/** How upstream shows the beginning of a body in an error. */
function summarize(body: Buffer): string {
  const max = 30
  if (!body.length) return '<empty>'
  if (body[0] === 0x7b) return body.length > max ? `${body.toString('utf8', 0, max)} ...` : body.toString()
  return body.length > max ? `${body.toString('hex', 0, max)} ...` : body.toString('hex')
}

const unrecognized = (kind: string, why: string, summary: string) =>
  badRequest(`the object provided is unrecognized (must be of type ${kind}): ${why} (${summary})`)

let yamlParser: Promise<YamlParser> | undefined

async function parseYaml(body: Buffer): Promise<{ value: unknown; strictErrors: string[] }> {
  const flaw = utf8Flaw(body)
  if (flaw) throw new YamlSyntaxError(`yaml: ${flaw}`)
  yamlParser ??= loadYamlParser()
  return (await yamlParser)(body.toString())
}

/** `expected` is the type that the path takes. Throws 400 for a text that cannot be read, 415 for a format unknown. */
export async function parseObjectBody(
  body: Buffer,
  mediaType: string,
  { schemas, expected }: { schemas: SchemaSet; expected: TypeMeta },
): Promise<ParsedBody> {
  const summary = summarize(body)
  try {
    if (mediaType === jsonType) {
      const { value, strictErrors, fractions } = parseJson(body)
      return { value, errors: strictErrors, summary, ...(fractions && { fractions }) }
    }
    if (mediaType === yamlType) {
      const { value, strictErrors } = await parseYaml(body)
      return { value, errors: strictErrors, summary }
    }
    if (mediaType === protobufType && !body.length) throw new ProtobufError('empty data')
    if (mediaType === protobufType) return { value: decodeProtobuf(schemas, body, expected), errors: [], summary }
  } catch (error) {
    const { kind } = expected
    if (error instanceof JsonSyntaxError)
      throw unrecognized(kind, `couldn't get version/kind; json parse error: ${error.message}`, summary)
    if (error instanceof YamlSyntaxError) throw unrecognized(kind, error.message, summary)
    if (error instanceof ProtobufError) throw unrecognized(kind, error.message, summary)
    throw error
  }
  throw unsupportedMediaType()
}

/** Upstream's readers of patches each say in their own way that a text is no JSON. */
function unreadablePatch(message: string, patchType: string, reading: PatchReading): StatusError {
  const isMerge = patchType === 'application/merge-patch+json'
  if (isMerge && reading === 'lenient') return invalidMergePatch()
  const plain = patchType === 'application/strategic-merge-patch+json' || reading === 'lenient'
  return badRequest(plain ? message : `error decoding patch: ${message}`)
}

/** The document of a patch: always JSON, save for apply, which is YAML. */
export async function parsePatchBody(body: Buffer, patchType: string, reading: PatchReading): Promise<ParsedBody> {
  try {
    const parsed: ParsedJson = patchType === 'application/apply-patch+yaml' ? await parseYaml(body) : parseJson(body)
    const { value, strictErrors, fractions } = parsed
    return { value, errors: strictErrors, summary: '', ...(fractions && { fractions }) }
  } catch (error) {
    if (error instanceof JsonSyntaxError) throw unreadablePatch(error.message, patchType, reading)
    if (error instanceof YamlSyntaxError) throw badRequest(`error decoding YAML: ${error.message}`)
    throw error
  }
}
