/** Sends a request over a socket of its own, byte for byte as it was made, which no HTTP client would do. */
import type { Socket } from 'node:net'
import type { BrokenRequest } from './broken-requests.js'

/** Opens a connection, encrypted or not. */
export type Connect = () => Promise<Socket>

/** Headers' values go out as they are, one byte a character. */
function headOf(request: BrokenRequest, authorization: string): Buffer {
  const { method, path, headers, body, framing } = request
  const lines = [`${method} ${path} HTTP/1.1`]
  const all: Record<string, string> = { host: 'localhost', authorization, connection: 'close', ...headers }
  for (const [name, value] of Object.entries(all)) lines.push(`${name}: ${value}`)
  if (body) lines.push(...lengthsOf(body.length, framing))
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

function lengthsOf(length: number, framing: BrokenRequest['framing']): string[] {
  switch (framing) {
    case 'short':
      return [`content-length: ${Math.max(0, length - 5)}`]
    case 'long':
      return [`content-length: ${length + 5}`]
    case 'bad-length':
      return ['content-length: -1']
    case 'two-lengths':
      return [`content-length: ${length}`, `content-length: ${length + 1}`]
    case 'both':
      return [`content-length: ${length}`, 'transfer-encoding: chunked']
    case 'bad-chunks':
    case 'no-end':
      return ['transfer-encoding: chunked']
    default:
      return [`content-length: ${length}`]
  }
}

function bodyOf({ body = Buffer.alloc(0), framing }: BrokenRequest): Buffer {
  if (framing === 'bad-chunks') return Buffer.concat([Buffer.from('zz\r\n'), body, Buffer.from('\r\n0\r\n\r\n')])
  if (framing === 'no-end') return Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body])
  return body
}

/** A server may wait for the rest of a body that never comes: then the client gives up. */
const patience = 2500

/** The code of the first answer; 0 when the connection ended without one. */
export async function sendRaw(connect: Connect, request: BrokenRequest, authorization: string): Promise<number> {
  const socket = await connect()
  return new Promise(resolve => {
    let head = ''
    const timer = setTimeout(() => socket.destroy(), patience)
    const end = () => {
      clearTimeout(timer)
      socket.destroy()
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0))
    }
    socket.on('data', (chunk: Buffer) => {
      if (head.length < 20) head += chunk.toString('latin1')
      // Interim answers are followed by the one that counts.
      if (/^HTTP\/1\.1 1\d\d/.test(head) && !head.startsWith('HTTP/1.1 101'))
        head = head.replace(/^[\s\S]*?\r\n\r\n/, '')
      // An answer that streams does not end soon: its code is all that counts.
      else if (head.length >= 12) setImmediate(end)
    })
    socket.on('error', end)
    socket.on('close', end)
    socket.write(Buffer.concat([headOf(request, authorization), bodyOf(request)]))
  })
}
