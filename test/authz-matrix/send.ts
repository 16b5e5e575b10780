/** How the matrix talks to a server. */
import { Agent, request } from 'node:https'

export interface Answer {
  status: number
  body: unknown
}

export interface Asked {
  method: string
  path: string
  body?: object
  headers?: Readonly<Record<string, string | string[]>>
}

export type Send = (asked: Asked) => Promise<Answer>

/** A server over HTTPS, as the bearer of that token. Its certificate is not checked: it is a server for tests. */
export function httpsSend(url: string, token: string): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 16, rejectUnauthorized: false })
  return ({ method, path, body, headers }) =>
    new Promise((resolve, reject) => {
      const common = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }
      const call = request(url + path, { method, agent, headers: common }, response => {
        let text = ''
        response.on('data', chunk => (text += chunk))
        response.on('end', () => {
          const { statusCode: status = 0 } = response
          try {
            resolve({ status, body: JSON.parse(text) })
          } catch {
            resolve({ status, body: text })
          }
        })
      })
      call.on('error', reject)
      call.end(body && JSON.stringify(body))
    })
}
