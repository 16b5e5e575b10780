/** Connections that both ends upgrade to another protocol, such as WebSocket: joined once the backend agrees. */
import { type ClientRequest, type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

export interface UpgradingConnection {
  /** The client's. */
  socket: Duplex
  /** What it has sent after its request. */
  head: Buffer
  outgoing: ClientRequest
}

const ownHeaders: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding'])

function headOf({ statusCode = 0, statusMessage, rawHeaders }: IncomingMessage, isUpgraded: boolean): Buffer {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage || (STATUS_CODES[statusCode] ?? '')}`]
  for (let i = 0; i < rawHeaders.length; i += 2)
    if (isUpgraded || !ownHeaders.has(rawHeaders[i]!.toLowerCase()))
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  if (!isUpgraded) lines.push('Connection: close')
  return Buffer.from([...lines, '', ''].join('\r\n'), 'latin1')
}

/** Resolves when the backend has answered; rejects while nothing was. What it refuses is shown, and the connection closed after it. */
export function joinUpgraded({ socket, head, outgoing }: UpgradingConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    outgoing.once('upgrade', (answer, backend: Duplex, first) => {
      backend.on('error', () => socket.destroy())
      socket.once('close', () => backend.destroy())
      backend.once('close', () => socket.destroy())
      socket.write(Buffer.concat([headOf(answer, true), first]))
      backend.write(head)
      socket.pipe(backend).pipe(socket)
      resolve()
    })
    outgoing.once('response', answer => {
      socket.write(headOf(answer, false))
      answer.pipe(socket)
      resolve()
    })
    outgoing.once('error', reject)
    socket.once('close', () => outgoing.destroy())
    outgoing.end()
  })
}

/** Answers in place of a backend, and closes. */
export function refuseUpgrade(socket: Duplex, status: number, text: string): void {
  if (socket.destroyed) return
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: ${Buffer.byteLength(text) + 1}`
  socket.end(`${head}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${text}\n`)
}
