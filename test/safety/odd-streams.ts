/** What HTTP/2 clients do that they should not: streams begun and dropped, headers that make no sense, noise after the preface. */
import { connect as connectHttp2, constants, type OutgoingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import type { Chance } from './random.js'

const oddHeaders: readonly OutgoingHttpHeaders[] = [
  { ':method': 'GET', ':path': '' },
  { ':method': '', ':path': '/api' },
  { ':method': 'GET', ':path': 'api' },
  { ':method': 'CONNECT', ':authority': 'x:1' },
  { ':method': 'GET', ':path': '/api/v1/pods?limit=%', te: 'trailers' },
  { ':method': 'POST', ':path': '/api/v1/namespaces/default/pods', 'content-length': '7' },
  { ':method': 'GET', ':path': '/api', cookie: 'a=b', accept: '' },
  { ':method': 'PATCH', ':path': '/api/v1/namespaces/default/configmaps/kept', 'content-type': 'x' },
]

/** Opens streams on one connection and drops most. Resolves with the codes of the answers that came. */
export function oddStreams(url: string, authorization: string, chance: Chance): Promise<number[]> {
  return new Promise(resolve => {
    const codes: number[] = []
    const session = connectHttp2(url, { rejectUnauthorized: false })
    session.on('error', () => {})
    session.on('close', () => resolve(codes))
    session.on('connect', () => {
      for (let i = 0; i < 20; i++) {
        try {
          const stream = session.request({ ...chance.pick(oddHeaders), authorization })
          stream.on('response', headers => codes.push(headers[':status'] ?? 0))
          stream.on('error', () => {})
          if (chance.oneIn(2)) stream.close(constants.NGHTTP2_CANCEL)
          else stream.end(chance.bytes(7))
        } catch {
          // The library refuses what it knows to be wrong.
        }
      }
      setTimeout(() => session.destroy(), 150)
    })
  })
}

/** Bytes that are no frames, or frames that lie about their length. */
export function noise(url: string, chance: Chance): Promise<void> {
  const { hostname, port } = new URL(url)
  return new Promise(resolve => {
    const socket = connectTls(
      { host: hostname, port: Number(port), rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
        socket.write(chance.bytes(chance.pick([9, 100, 5000])))
        setTimeout(() => socket.destroy(), 100)
      },
    )
    socket.on('error', () => {})
    socket.on('close', () => resolve())
  })
}
