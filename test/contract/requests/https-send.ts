/** Sends requests of conversations to a server that listens, over HTTP/1.1. */
import { Agent, request as httpsRequest } from 'node:https'
import type { RawAnswer, Send } from './case.js'

export interface Target {
  /** `https://host:port`. */
  url: string
  token?: string
  certificate?: { cert: Buffer; key: Buffer }
}

/** A server that does not answer: code 0. */
const patience = 8000

/** The server's certificate is not checked: it is one of this machine. */
export function httpsSend({ url, token, certificate }: Target): Send {
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false, ...certificate })
  return ({ method, path, headers, body }) =>
    new Promise<RawAnswer>((resolve, reject) => {
      const { hostname, port } = new URL(url)
      const all: Record<string, string> = { ...(token && { authorization: `Bearer ${token}` }), ...headers }
      if (body) all['content-length'] ??= String(body.length)
      const silent = () => resolve({ code: 0, headers: {}, body: Buffer.from('no answer') })
      const request = httpsRequest({ agent, hostname, port, method, path, headers: all }, response => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ code: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
        )
        response.on('error', silent)
      })
      // A server that panics closes the connection.
      request.on('error', error => (error.message === 'socket hang up' ? silent() : reject(error)))
      request.setTimeout(patience, () => {
        silent()
        request.destroy()
      })
      request.end(body)
    })
}
