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
export function writeHead({ response, warnings }: Exchange, code: number, headers: Headers): void {
  if (warnings.length) headers.warning = warningHeaders(warnings)
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
  const headers: Headers = { 'content-type': contentType }
  if (bytes.length >= gzipThreshold && acceptsGzip(exchange)) {
    bytes = await compress(bytes, { level: gzipLevel })
    headers['content-encoding'] = 'gzip'
    headers.vary = 'Accept-Encoding'
  }
  headers['content-length'] = bytes.length
  if (response.destroyed) return
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

/** Pieces are gathered into writes of about this size. */
const chunkBytes = 256 * 1024

/** Writes the pieces in order, no faster than the client reads. */
export async function sendPieces(
  exchange: Exchange,
  code: number,
  { contentType, pieces, bytes }: { contentType: string; pieces: Iterable<Uint8Array>; bytes: number },
): Promise<void> {
  if (bytes < 4 * chunkBytes) {
    const body = Buffer.allocUnsafe(bytes)
    let at = 0
    for (const piece of pieces) {
      body.set(piece, at)
      at += piece.length
    }
    return sendBody(exchange, code, { contentType, body })
  }
  if (acceptsGzip(exchange)) return sendCompressed(exchange, code, { contentType, pieces })
  const { response } = exchange
  writeHead(exchange, code, { 'content-type': contentType, 'content-length': bytes })
  for (const chunk of gather(pieces)) {
    if (response.destroyed) return
    if (!response.write(chunk)) await drained(response)
  }
  response.end()
}

function* gather(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let chunk = Buffer.allocUnsafe(chunkBytes)
  let used = 0
  for (const piece of pieces) {
    if (used + piece.length > chunkBytes && used) {
      yield chunk.subarray(0, used)
      chunk = Buffer.allocUnsafe(chunkBytes)
      used = 0
    }
    if (piece.length > chunkBytes) yield piece
    else {
      chunk.set(piece, used)
      used += piece.length
    }
  }
  if (used) yield chunk.subarray(0, used)
}

async function sendCompressed(
  exchange: Exchange,
  code: number,
  { contentType, pieces }: { contentType: string; pieces: Iterable<Uint8Array> },
): Promise<void> {
  const [{ Readable }, { pipeline }, { createGzip }] = await Promise.all([
    import('node:stream'),
    import('node:stream/promises'),
    import('node:zlib'),
  ])
  writeHead(exchange, code, { 'content-type': contentType, 'content-encoding': 'gzip', vary: 'Accept-Encoding' })
  const source = Readable.from(gather(pieces), { objectMode: false, highWaterMark: chunkBytes })
  await pipeline(source, createGzip({ level: gzipLevel, chunkSize: chunkBytes }), exchange.response).catch(error => {
    if (!exchange.response.destroyed) throw error
  })
}
