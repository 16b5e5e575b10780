/** A Client over HTTPS: JSON on one HTTP/2 connection; failures become StatusErrors. */

import { text } from 'node:stream/consumers'
import type { Clock } from '../machinery/clock.js'
import { parseExactJson } from '../machinery/json/parse-exact.js'
import { stringifyJson } from '../machinery/json/stringify.js'
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject, ObjectKey, ObjectList } from '../machinery/object-meta.js'
import type { ListOptions, WatchEvent } from '../machinery/request.js'
import { type Status, StatusError, serviceUnavailable } from '../machinery/status-error.js'
import type { Client } from './client.js'
import { aggregatedDiscovery, type DiscoveryList, servedResources, staleVersions } from './discover.js'
import { Http2Connection, type HttpAnswer, type TlsOptions } from './http2-connection.js'
import { PartialDiscovery } from './partial-discovery.js'
import { type OpenApiDocument, publishedSchema } from './published-schema.js'
import { deleteOptionsOf, listOptionsOf } from './request-options.js'
import { listQuery, queryOf, resourcePath, writeQuery } from './resource-path.js'

export interface HttpsClientOptions extends TlsOptions {
  /** `https://127.0.0.1:6443`. */
  server: string
  /** A bearer token, or what gives the current one. */
  token?: string | (() => string)
  userAgent?: string
}

/** A request of a client. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  path: string
  body?: unknown
  contentType?: string
  accept?: string
  signal?: AbortSignal
}

/** client-go tries this often when the server answers 429 or 5xx with Retry-After. */
const maxAttempts = 10

/** `close` ends the connection once what it carries has ended; later requests open another. */
export function newHttpsClient(options: HttpsClientOptions, deps: { clock: Clock }): Client & { close(): void } {
  const { server, token, userAgent = 'minik8s', ...tls } = options
  const connection = new Http2Connection(server, tls, deps.clock)
  const authority = new URL(server).host

  const once = (call: Call) => {
    const bearer = typeof token === 'function' ? token() : token
    const headers = {
      ':method': call.method,
      ':path': call.path,
      ':authority': authority,
      accept: call.accept ?? 'application/json',
      'user-agent': userAgent,
      ...(bearer && { authorization: `Bearer ${bearer}` }),
      ...(call.body !== undefined && { 'content-type': call.contentType ?? 'application/json' }),
    }
    return connection.request(headers, call.body === undefined ? undefined : stringifyJson(call.body), call.signal)
  }

  const client = newTransportClient(once, { server, clock: deps.clock })
  return { ...client, close: () => connection.close() }
}

/** A client over anything that carries requests; `server` is how errors call it. */
export function newTransportClient(
  once: (call: Call) => Promise<HttpAnswer>,
  { server, clock }: { server: string; clock: Clock },
): Client {
  async function send(call: Call): Promise<HttpAnswer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await once(call)
      if (answer.status < 400) return answer
      const error = statusErrorOf(answer.status, await text(answer.body))
      const wait = Number(answer.headers['retry-after'])
      const retriable = answer.status === 429 || answer.status >= 500
      if (!retriable || !(wait > 0) || attempt === maxAttempts) throw error
      await new Promise<void>(resolve => void clock.after(wait * 1000, resolve))
    }
  }

  const json = async <T>(call: Call): Promise<T> => {
    const { body } = await send(call)
    try {
      return parseExactJson(await text(body)) as T
    } catch (error) {
      throw error instanceof SyntaxError ? error : serviceUnavailable(`${server}: ${String(error)}`)
    }
  }

  return clientOver(json, send)
}

function statusErrorOf(code: number, body: string): StatusError {
  try {
    const status = JSON.parse(body) as Partial<Status>
    if (status.kind === 'Status')
      return new StatusError(status.code ?? code, status.reason ?? '', status.message ?? '', status.details)
  } catch {
    // Not JSON: a proxy answered; its text is the message.
  }
  return new StatusError(code, '', body.trim() || `the server answered ${code}`)
}

/** Cuts the stream into lines: a watch is one JSON object a line. */
async function* watchEvents<T>(answer: HttpAnswer): AsyncIterable<WatchEvent<T>> {
  let rest = ''
  answer.body.setEncoding('utf8')
  for await (const chunk of answer.body as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) if (line) yield parseExactJson(line) as WatchEvent<T>
  }
}

function clientOver(json: <T>(call: Call) => Promise<T>, send: (call: Call) => Promise<HttpAnswer>): Client {
  const put = <T extends KubernetesObject>(kind: KindRef<T>, object: T, subresource: string, query: string) =>
    json<T>({
      method: 'PUT',
      path: resourcePath(kind, { ...(object.metadata as ObjectKey), subresource }) + query,
      body: object,
    })

  return {
    get: (kind, key, { subresource, query = {} } = {}) =>
      json({
        method: 'GET',
        path: resourcePath(kind, { ...key, ...(subresource && { subresource }) }) + queryOf(query),
      }),

    async list<T extends KubernetesObject>(kind: KindRef<T>, options: ListOptions & { namespace?: string } = {}) {
      const { list, namespace } = listOptionsOf(options)
      const answer = await json<ObjectList<T>>({
        method: 'GET',
        path: resourcePath(kind, { namespace }) + listQuery(list),
      })
      // Items of a list carry no type of their own, but those of a watch do: make them alike.
      const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
      for (const item of answer.items ?? []) Object.assign(item, { apiVersion, kind: kind.kind })
      return { ...answer, items: answer.items ?? [] }
    },

    async watch<T extends KubernetesObject>(
      kind: KindRef<T>,
      options: ListOptions & { namespace?: string },
      signal: AbortSignal,
    ) {
      const { list, namespace } = listOptionsOf(options)
      const path = resourcePath(kind, { namespace }) + listQuery(list, true)
      return watchEvents<T>(await send({ method: 'GET', path, signal }))
    },

    create: (kind, object, options = {}) =>
      json({
        method: 'POST',
        path: resourcePath(kind, { namespace: object.metadata.namespace }) + writeQuery(options),
        body: object,
      }),
    createSubresource: (kind, key, subresource, body) =>
      json({ method: 'POST', path: resourcePath(kind, { ...key, subresource }), body }),
    update: (kind, object, options = {}) => put(kind, object, '', writeQuery(options)),
    updateStatus: (kind, object) => put(kind, object, 'status', ''),
    updateSubresource: (kind, object, subresource) => put(kind, object, subresource, ''),
    patch: (kind, key, patch, { subresource, ...options } = {}) =>
      json({
        method: 'PATCH',
        path: resourcePath(kind, { ...key, subresource }) + writeQuery(options),
        body: patch.body,
        contentType: patch.type,
      }),
    async delete(kind, key, options = {}) {
      await json({ method: 'DELETE', path: resourcePath(kind, key), body: deleteBody(options) })
    },
    async deleteCollection(kind, options = {}) {
      const { list, namespace } = listOptionsOf(options)
      const path = resourcePath(kind, { namespace }) + listQuery(list)
      await json({ method: 'DELETE', path, body: deleteBody(deleteOptionsOf(options)) })
    },

    async resources() {
      const lists = await Promise.all(
        ['/api', '/apis'].map(path => json<DiscoveryList>({ method: 'GET', path, accept: aggregatedDiscovery })),
      )
      const served = lists.flatMap(servedResources)
      const failed = lists.flatMap(staleVersions)
      if (failed.length) throw new PartialDiscovery(served, failed)
      return served
    },

    async customSchema(kind) {
      const groupVersion = kind.group ? `apis/${kind.group}/${kind.version}` : `api/${kind.version}`
      try {
        return publishedSchema(
          await json<OpenApiDocument>({ method: 'GET', path: `/openapi/v3/${groupVersion}` }),
          kind,
        )
      } catch (error) {
        if (error instanceof StatusError && error.code === 404) return undefined
        throw error
      }
    },
  }
}

const deleteBody = (options: object) => ({ kind: 'DeleteOptions', apiVersion: 'v1', ...options })
