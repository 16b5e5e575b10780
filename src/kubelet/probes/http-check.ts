/** HTTP GET against a container: probes and lifecycle hooks. TLS is used without checking certificates, as upstream does. */

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { HTTPGetAction } from '../../apis/generated/core-v1.js'
import { joinHostPort } from '../../machinery/host-port.js'
import type { AnyContainer } from '../pods/pod.js'
import { type CheckResult, describeNetworkError, failed, resolvePort, succeeded } from './check.js'

const bodyLimitBytes = 10 * 1024
const maxRedirects = 10

export interface HttpTarget {
  url: URL
  headers: Record<string, string>
}

/** Throws when the action names a port that the container does not have. */
export function httpTarget(action: HTTPGetAction, container: AnyContainer, podIP: string, agent: string): HttpTarget {
  const port = resolvePort(action.port, container)
  const scheme = (action.scheme ?? 'HTTP').toLowerCase()
  const path = action.path ?? ''
  const url = new URL(`${scheme}://${joinHostPort(action.host || podIP, port)}`)
  const [pathname = '', ...query] = path.split('?')
  url.pathname = pathname
  if (query.length > 0) url.search = query.join('?')
  const headers: Record<string, string> = {}
  for (const { name, value } of action.httpHeaders ?? []) {
    const known = Object.keys(headers).find(key => key.toLowerCase() === name.toLowerCase())
    headers[known ?? name] = value
  }
  const has = (name: string) => Object.keys(headers).some(key => key.toLowerCase() === name)
  if (!has('user-agent')) headers['User-Agent'] = agent
  if (!has('accept')) headers.Accept = '*/*'
  return { url, headers }
}

export interface HttpAnswer {
  status: number
  body: string
  location?: string
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= bodyLimitBytes) break
  }
  return Buffer.concat(chunks).subarray(0, bodyLimitBytes).toString('utf8')
}

/** Rejects with Go's words when there is no answer. */
export function httpGet({ url, headers }: HttpTarget, signal: AbortSignal): Promise<HttpAnswer> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const fail = (error: Error) => {
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    const late = signal.aborted
    const why = late
      ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
      : describeNetworkError(error, `${url.hostname}:${port}`)
    return new Error(`Get "${url.href}": ${why}`)
  }
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { rejectUnauthorized: boolean } = {
      headers,
      agent: false,
      signal,
      rejectUnauthorized: false,
    }
    const request = send(url, options, response => {
      const { statusCode: status = 0, headers: got } = response
      readBody(response).then(
        body => resolve({ status, body, ...(got.location && { location: got.location }) }),
        error => reject(fail(error)),
      )
    })
    request.on('error', error => reject(fail(error)))
    request.end()
  })
}

/** Redirects are followed on the same host only; one that leads elsewhere is a success with a warning. */
export async function checkHttp(target: HttpTarget, signal: AbortSignal): Promise<CheckResult> {
  let { url } = target
  try {
    for (let redirects = 0; ; redirects++) {
      const { status, body, location } = await httpGet({ ...target, url }, signal)
      const next = status >= 300 && status < 400 && location ? new URL(location, url) : undefined
      if (next && next.hostname === target.url.hostname) {
        if (redirects >= maxRedirects) return failed(`Get "${next.href}": stopped after ${maxRedirects} redirects`)
        url = next
        continue
      }
      if (status >= 300 && status < 400)
        return { outcome: 'warning', output: `Probe terminated redirects, Response body: ${body}` }
      if (status >= 200 && status < 300) return succeeded(body)
      return failed(`HTTP probe failed with statuscode: ${status}`)
    }
  } catch (error) {
    return failed((error as Error).message)
  }
}
