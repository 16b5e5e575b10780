/** What a kubelet in this process answers by way of `nodes/<name>/proxy`: as it would over HTTPS, without the detour. */
import { pipeline } from 'node:stream/promises'
import type { NodeApi } from '../../machinery/node-api.js'
import { sendText } from '../http/errors.js'
import type { Exchange } from '../http/exchange.js'
import { newRequestEnd } from '../http/request-end.js'
import { sendBody, writeHead } from '../http/send.js'

export interface KubeletContext {
  api: NodeApi
  stopping: AbortSignal
}

/** `path` is the kubelet's own. What this node does not serve is 404, as a kubelet says it. */
export async function serveKubelet(exchange: Exchange, path: string, { api, stopping }: KubeletContext): Promise<void> {
  if (!api.answer) return sendText(exchange, 404, '404 page not found\n')
  const { request, response, query = new URLSearchParams() } = exchange
  const end = newRequestEnd(response, stopping)
  try {
    const { signal } = end
    const { code, contentType, body } = await api.answer({ method: request.method ?? 'GET', path, query, signal })
    if (typeof body === 'string') return await sendBody(exchange, code, { contentType, body })
    writeHead(exchange, code, { 'content-type': contentType })
    response.flushHeaders()
    await pipeline(body, response)
  } catch (error) {
    if (!end.signal.aborted) throw error
    response.end()
  } finally {
    end.release()
  }
}
