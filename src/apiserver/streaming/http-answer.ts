/** Plain HTTP/1.1 answers on a socket whose upgrade was refused, or is granted. */
import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

type HeaderLine = readonly [name: string, value: string]

const lines = (code: number, headers: readonly HeaderLine[]) =>
  [`HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}`, ...headers.map(([name, value]) => `${name}: ${value}`), '', ''].join(
    '\r\n',
  )

/** Answers with a text, as upstream's kubelet does, and closes. */
export function refuseUpgrade(
  socket: Duplex,
  { code, message, headers = [] }: { code: number; message: string; headers?: readonly HeaderLine[] },
): void {
  const body = `${message}\n`
  socket.end(
    lines(code, [
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['X-Content-Type-Options', 'nosniff'],
      ['Content-Length', String(Buffer.byteLength(body))],
      ['Connection', 'close'],
      ...headers,
    ]) + body,
  )
}

/** The 101 that switches the connection to SPDY. */
export function acceptSpdy(socket: Duplex, protocol: string): void {
  socket.write(
    lines(101, [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'SPDY/3.1'],
      ['X-Stream-Protocol-Version', protocol],
    ]),
  )
}
