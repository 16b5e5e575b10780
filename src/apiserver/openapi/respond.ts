/** Answers with a document as Go's http.ServeContent does: ETag, Last-Modified, 304, compressed where the client takes it. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

const decompress = promisify(gunzip)

export interface Content {
  mediaType: string
  /** Without quotes; none for content that has no ETag. */
  etag?: string
  /** Milliseconds since the epoch. */
  lastModified: number
  gzip: Buffer
}

const acceptsGzip = (request: IncomingMessage) =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(String(request.headers['accept-encoding'] ?? ''))

function isUnchanged(request: IncomingMessage, { etag, lastModified }: Content): boolean {
  const wanted = request.headers['if-none-match']
  if (wanted !== undefined) {
    const tags = wanted.split(',').map(tag => tag.trim().replace(/^W\//, ''))
    return etag !== undefined && (tags.includes(`"${etag}"`) || tags.includes('*'))
  }
  const since = Date.parse(request.headers['if-modified-since'] ?? '')
  return since >= Math.floor(lastModified / 1000) * 1000
}

/** Ends the response. Headers that were set before stay. */
export async function respond(request: IncomingMessage, response: ServerResponse, content: Content): Promise<void> {
  if (content.etag) response.setHeader('ETag', `"${content.etag}"`)
  response.setHeader('Last-Modified', new Date(content.lastModified).toUTCString())
  response.setHeader('Vary', 'Accept-Encoding, Accept')
  if (isUnchanged(request, content)) {
    response.writeHead(304).end()
    return
  }
  const compressed = acceptsGzip(request)
  const body = compressed ? content.gzip : await decompress(content.gzip)
  response.setHeader('Content-Type', content.mediaType)
  if (compressed) response.setHeader('Content-Encoding', 'gzip')
  response.setHeader('Content-Length', body.length)
  response.writeHead(200).end(request.method === 'HEAD' ? undefined : body)
}
