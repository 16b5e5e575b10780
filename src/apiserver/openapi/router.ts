/** Serves `/openapi/v2` and `/openapi/v3`: what kubectl explains, validates and merges by. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Aggregation } from '../aggregation/aggregation.js'
import type { RestDirectory } from '../deps.js'
import { parseAccept } from '../negotiate/accept.js'
import { type OpenApiDocument, type OpenApiDocuments, openApiDocuments } from './documents.js'
import { acceptsGzip, respond } from './respond.js'

const decompress = promisify(gunzip)

const bothVary = ['Accept-Encoding', 'Accept']

/** Forms of the v2 document by what a client may accept; upstream names the protobuf one in two ways and answers with the second. */
const v2Forms = [
  { accepts: 'application/json', mediaType: 'application/json', form: 'json' },
  {
    accepts: 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf',
    mediaType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    form: 'protobuf',
  },
  {
    accepts: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    mediaType: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
    form: 'protobuf',
  },
] as const

const v3Forms = [
  { accepts: 'application/json', mediaType: 'application/json', form: 'json' },
  {
    accepts: 'application/com.github.proto-openapi.spec.v3@v1.0+protobuf',
    mediaType: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf',
    form: 'protobuf',
  },
  {
    accepts: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf',
    mediaType: 'application/com.github.proto-openapi.spec.v3.v1.0+protobuf',
    form: 'protobuf',
  },
] as const

/** The form that the first clause with any match asks for. */
function negotiate<F extends { accepts: string }>(request: IncomingMessage, forms: readonly F[]): F | undefined {
  for (const { type, subtype } of parseAccept(request.headers.accept || '*/*')) {
    const found = forms.find(({ accepts }) => {
      const [acceptedType, acceptedSubtype] = accepts.split('/')
      return (type === '*' || type === acceptedType) && (subtype === '*' || subtype === acceptedSubtype)
    })
    if (found) return found
  }
  return undefined
}

function empty(response: ServerResponse, code: number, headers: Record<string, string | string[]> = {}): void {
  response.writeHead(code, { 'Content-Length': '0', ...headers }).end()
}

/** By the compressed JSON, which is kept. */
const protobufs = new WeakMap<Buffer, Buffer>()

/** Upstream compresses none of these. Few ask for protobuf: it is made when somebody does. */
async function v3Body({ gzip }: OpenApiDocument, form: 'json' | 'protobuf'): Promise<Buffer> {
  const known = form === 'protobuf' && protobufs.get(gzip)
  if (known) return known
  const json = await decompress(gzip)
  if (form === 'json') return json
  const { encodeV3 } = await import('./protobuf/document-v3.js')
  const encoded = encodeV3(JSON.parse(json.toString()))
  protobufs.set(gzip, encoded)
  return encoded
}

const yearInMilliseconds = 365 * 24 * 3600 * 1000

export interface OpenApiDeps {
  /** `dist/openapi` of the build. */
  directory: string
  /** Milliseconds since the epoch. */
  now(): number
  /** Where custom resources are found. */
  rests?: RestDirectory
  /** Knows the servers that answer other groups. */
  aggregator?: Pick<Aggregation, 'openApi' | 'generation'>
}

class OpenApiServer {
  private readonly builtin: OpenApiDocuments
  private custom: Promise<OpenApiDocuments> | undefined
  private aggregated: { own: OpenApiDocuments; documents: OpenApiDocuments } | undefined
  private generation = Number.NaN
  private changed = 0

  constructor(private readonly deps: OpenApiDeps) {
    this.builtin = openApiDocuments(deps.directory)
  }

  /** What extension servers need is loaded when there is one. */
  private async documents(): Promise<OpenApiDocuments> {
    const remote = await this.deps.aggregator?.openApi()
    const own = await this.ownDocuments()
    if (!remote) return own
    if (this.aggregated?.own !== own) {
      const { AggregatedDocuments } = await import('./aggregated-documents.js')
      this.aggregated = { own, documents: new AggregatedDocuments(own, remote) }
    }
    return this.aggregated.documents
  }

  /** What custom resources need is loaded when there is one. */
  private async ownDocuments(): Promise<OpenApiDocuments> {
    const { rests } = this.deps
    if (!rests?.kinds().some(kind => kind.custom)) return this.builtin
    const { builtin } = this
    this.custom ??= import('./custom/custom-documents.js').then(
      ({ CustomDocuments }) => new CustomDocuments(builtin, rests),
    )
    return this.custom
  }

  /**
   * Clients keep what they read: what came or went since the server began has to show in the time. HTTP tells it in seconds, so that of
   * two changes within one, the later takes the next.
   */
  private async lastModified(): Promise<number> {
    const { rests, now, aggregator } = this.deps
    const generation = (rests?.generation ?? 0) + (aggregator?.generation ?? 0)
    if (rests && generation !== this.generation) {
      this.generation = generation
      this.changed = Math.max(now(), (Math.floor(this.changed / 1000) + 1) * 1000)
    }
    return Math.max(this.changed, await this.builtin.lastModified())
  }

  async v2(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const accepted = negotiate(request, v2Forms)
    if (!accepted) return empty(response, 406, { Vary: bothVary })
    const { hash, gzip } = await (await this.documents()).v2(accepted.form)
    const lastModified = await this.lastModified()
    response.setHeader('Vary', bothVary)
    const body = acceptsGzip(request) ? { gzip } : { plain: await decompress(gzip) }
    await respond(request, response, { mediaType: accepted.mediaType, etag: hash, lastModified, ...body })
  }

  /** The list of documents, whose addresses carry hashes so that clients may keep what they read. */
  async v3Index(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const remote = await (await this.deps.aggregator?.openApi())?.v3Index()
    const hashes = await (await this.documents()).v3Index()
    const own = Object.entries(hashes).map(([key, hash]) => [key, `/openapi/v3/${key}?hash=${hash}`] as const)
    const paths = Object.entries({ ...remote, ...Object.fromEntries(own) })
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, serverRelativeURL]) => [key, { serverRelativeURL }])
    const plain = Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }))
    const lastModified = await this.lastModified()
    // Upstream leaves the media type to Go's guess.
    await respond(request, response, { mediaType: 'text/plain; charset=utf-8', lastModified, plain })
  }

  async v3(request: IncomingMessage, response: ServerResponse, { pathname, searchParams }: URL): Promise<void> {
    const key = pathname.slice('/openapi/v3/'.length)
    const document = await (await this.documents()).v3(key)
    if (!document) return empty(response, 404)
    const accepted = negotiate(request, v3Forms)
    if (!accepted) return empty(response, 406, { Vary: 'Accept' })
    const hash = searchParams.get('hash')
    if (hash && hash !== document.hash) {
      const headers = {
        Location: `/openapi/v3/${key}?hash=${document.hash}`,
        ETag: `"${document.hash}"`,
        Vary: 'Accept',
      }
      return empty(response, 301, { ...headers, 'Content-Type': 'application/json' })
    }
    if (hash) {
      const expires = new Date(this.deps.now() + yearInMilliseconds).toUTCString().replace('GMT', 'UTC')
      response.setHeader('Cache-Control', 'public, immutable')
      response.setHeader('Expires', expires)
    }
    const lastModified = await this.builtin.lastModified()
    response.setHeader('Vary', 'Accept')
    const { hash: etag } = document
    const plain = await v3Body(document, accepted.form)
    await respond(request, response, { mediaType: accepted.mediaType, etag, lastModified, plain })
  }
}

/** Middleware for Express, or for any server that calls the same way: passes on what is not below `/openapi/`. */
export type OpenApiRouter = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void

export function openApiRouter(deps: OpenApiDeps): OpenApiRouter {
  const server = new OpenApiServer(deps)
  return (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://server')
    const path = url.pathname
    const answer = () => {
      response.setHeader('Cache-Control', 'no-cache, private')
      if (path === '/openapi/v2') return server.v2(request, response)
      return path === '/openapi/v3' ? server.v3Index(request, response) : server.v3(request, response, url)
    }
    if (path === '/openapi/v2' || path === '/openapi/v3' || path.startsWith('/openapi/v3/')) answer().catch(next)
    else next()
  }
}
