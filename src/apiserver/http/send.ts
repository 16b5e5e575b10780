/** Writes answers: head, body, compressed where it pays, with back-pressure where it is long. */
import type { ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gzip } from 'node:zlib'
import type { ChunkedBytes } from '../negotiate/chunks.js'
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

/** Resolves when the memory of the bytes is free again: with false when nobody listens any more. */
const written = (response: ServerResponse, bytes: Uint8Array): Promise<boolean> =>
  new Promise(resolve => {
    const gone = () => resolve(false)
    response.once('close', gone)
    response.write(bytes, error => {
      response.off('close', gone)
      resolve(!error)
    })
  })

/** Less than this is compressed as one body. */
const wholeBytes = 1024 * 1024

type ChunkedBody = ChunkedBytes & { contentType: string }

/** Writes the chunks in order, no faster than the client reads. */
export async function sendChunks(exchange: Exchange, code: number, body: ChunkedBody): Promise<void> {
  const { contentType, bytes } = body
  if (exchange.timedOut) return
  exchange.bodyBytes = bytes
  if (bytes < wholeBytes && acceptsGzip(exchange))
    return sendBody(exchange, code, { contentType, body: Buffer.concat([...body.chunks()]) })
  if (acceptsGzip(exchange)) return sendCompressed(exchange, code, body)
  const { response } = exchange
  writeHead(exchange, code, { 'Content-Type': contentType, 'Content-Length': bytes })
  let left = bytes
  for (const chunk of body.chunks('reusing')) {
    left -= chunk.length
    // The end goes along with the last bytes.
    if (left === 0) response.end(chunk)
    else if (!(await written(response, chunk))) return
  }
}

async function sendCompressed(exchange: Exchange, code: number, { contentType, chunks }: ChunkedBody): Promise<void> {
  const [{ Readable }, { pipeline }, { createGzip }] = await Promise.all([
    import('node:stream'),
    import('node:stream/promises'),
    import('node:zlib'),
  ])
  writeHead(exchange, code, { 'Content-Type': contentType, 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' })
  const gzipped = createGzip({ level: gzipLevel, chunkSize: 128 * 1024 })
  await pipeline(Readable.from(chunks(), { objectMode: false }), gzipped, exchange.response).catch(error => {
    if (!exchange.response.destroyed) throw error
  })
}
