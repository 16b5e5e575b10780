/** Answers with a document as Go's http.ServeContent does: ETag, Last-Modified, 304, and a range of it for who asks for one. */
import type { IncomingMessage, ServerResponse } from 'node:http'

type Content = {
  mediaType: string
  /** Without quotes; none for content that has no ETag. */
  etag?: string
  /** Milliseconds since the epoch. */
  lastModified: number
} & ({ gzip: Buffer } | { plain: Buffer })

export const acceptsGzip = (request: IncomingMessage): boolean =>
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

interface Range {
  start: number
  end: number
}

/** One range alone; others get the whole. Null where there is nothing of what is asked for. */
function rangeOf(header: string | undefined, size: number): Range | null | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || match[0] === 'bytes=-') return undefined
  const [, first, last] = match
  if (!first) return { start: Math.max(0, size - Number(last)), end: size }
  const start = Number(first)
  if (start >= size) return null
  const end = last ? Math.min(size, Number(last) + 1) : size
  return end > start ? { start, end } : null
}

function send(request: IncomingMessage, response: ServerResponse, plain: Buffer): void {
  const range = rangeOf(request.headers.range, plain.length)
  if (range === null) {
    response.setHeader('Content-Range', `bytes */${plain.length}`)
    response.writeHead(416).end()
    return
  }
  const part = range ? plain.subarray(range.start, range.end) : plain
  if (range) response.setHeader('Content-Range', `bytes ${range.start}-${range.end - 1}/${plain.length}`)
  response.setHeader('Content-Length', part.length)
  response.writeHead(range ? 206 : 200).end(request.method === 'HEAD' ? undefined : part)
}

/** Ends the response. Headers that were set before stay. */
export async function respond(request: IncomingMessage, response: ServerResponse, content: Content): Promise<void> {
  if (content.etag) response.setHeader('ETag', `"${content.etag}"`)
  response.setHeader('Last-Modified', new Date(content.lastModified).toUTCString())
  if (isUnchanged(request, content)) {
    response.writeHead(304).end()
    return
  }
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('Content-Type', content.mediaType)
  if ('plain' in content) return send(request, response, content.plain)
  response.setHeader('Content-Encoding', 'gzip')
  response.setHeader('Content-Length', content.gzip.length)
  response.writeHead(200).end(request.method === 'HEAD' ? undefined : content.gzip)
}
