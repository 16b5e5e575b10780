/** Writes answers: head, body, compressed where it pays, with back-pressure where it is long. */
import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import { type Exchange, warningHeaders } from './exchange.js'

/** Smaller answers are not worth compressing: upstream's figure. */
const gzipThreshold = 128 * 1024
const gzipLevel = constants.Z_BEST_SPEED
const compress = promisify(gzip)

export type Headers = Record<string, string | number | string[]>

const acceptsGzip = ({ request }: Exchange): boolean => {
  const header = request.headers['accept-encoding']
  return typeof header === 'string' && /(^|,)\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*(,|$))|,|$)/.test(header)
}

/** Status and headers; nothing is sent yet over HTTP/1.1. */
export function writeHead({ response, warnings, audit }: Exchange, code: number, headers: Headers): void {
  if (warnings.length) headers.Warning = warningHeaders(warnings)
  audit?.started(code)
  response.writeHead(code, headers)
}

/** The whole body at once. A client that is gone is no error. */
export async function sendBody(
  exchange: Exchange,
  code: number,
  { contentType, body }: { contentType: string; body: Uint8Array | string },
): Promise<void> {
  const { response } = exchange
  let bytes = typeof body === 'string' ? Buffer.from(body) : body
  const headers: Headers = { 'Content-Type': contentType }
  exchange.bodyBytes = bytes.length
  if (bytes.length >= gzipThreshold && acceptsGzip(exchange)) {
    bytes = await compress(bytes, { level: gzipLevel })
    headers['Content-Encoding'] = 'gzip'
    headers.Vary = 'Accept-Encoding'
  }
  headers['Content-Length'] = bytes.length
  if (response.destroyed || exchange.timedOut) return
  writeHead(exchange, code, headers)
  if (exchange.request.method === 'HEAD') response.end()
  else response.end(bytes)
}

/** Resolves when more may be written, or when nobody listens any more. */
export const drained = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })

/** Less than this is compressed as one body. */
const wholeBytes = 1024 * 1024

interface ChunkedBody {
  contentType: string
  chunks: Iterable<Uint8Array>
  /** Of all chunks together. */
  bytes: number
}

/** Writes the chunks in order, no faster than the client reads. */
export async function sendChunks(exchange: Exchange, code: number, body: ChunkedBody): Promise<void> {
  const { contentType, chunks, bytes } = body
  if (exchange.timedOut) return
  exchange.bodyBytes = bytes
  if (bytes < wholeBytes && acceptsGzip(exchange)) {
    const [first = Buffer.alloc(0), ...rest] = [...chunks]
    return sendBody(exchange, code, { contentType, body: rest.length ? Buffer.concat([first, ...rest]) : first })
  }
  if (acceptsGzip(exchange)) return sendCompressed(exchange, code, body)
  const { response } = exchange
  writeHead(exchange, code, { 'Content-Type': contentType, 'Content-Length': bytes })
  for (const chunk of chunks) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

async function sendCompressed(exchange: Exchange, code: number, { contentType, chunks }: ChunkedBody): Promise<void> {
  const [{ Readable }, { pipeline }, { createGzip }] = await Promise.all([
    import('node:stream'),
    import('node:stream/promises'),
    import('node:zlib'),
  ])
  writeHead(exchange, code, { 'Content-Type': contentType, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' })
  const gzipped = createGzip({ level: gzipLevel, chunkSize: 128 * 1024 })
  await pipeline(Readable.from(chunks, { objectMode: false }), gzipped, exchange.response).catch(error => {
    if (!exchange.response.destroyed) throw error
  })
}
