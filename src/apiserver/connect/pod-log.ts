/** pods/log: a container's output, as it is or as it grows. */
import { pipeline } from 'node:stream/promises'
import type { ApiServerDeps } from '../deps.js'
import type { Exchange } from '../http/exchange.js'
import { writeHead } from '../http/send.js'
import { logOptionsOf } from './log-options.js'
import { findPodTarget } from './pod-target.js'

/** `stopping` ends logs that are followed. Throws a StatusError while nothing has been sent. */
export async function servePodLog(
  exchange: Exchange,
  deps: Pick<ApiServerDeps, 'rests' | 'nodes'>,
  stopping: AbortSignal,
): Promise<void> {
  const { info, query, response } = exchange
  const options = logOptionsOf(query, info.name)
  const { ref, node } = await findPodTarget(deps, info, query?.get('container') ?? '')
  if (!node) {
    // Nothing has run yet: nothing to show.
    writeHead(exchange, 204, {})
    response.end()
    return
  }
  const ended = new AbortController()
  const end = () => ended.abort()
  response.once('close', end)
  stopping.addEventListener('abort', end)
  try {
    const logs = await node.logs(ref, options, ended.signal)
    writeHead(exchange, 200, { 'content-type': 'text/plain' })
    response.flushHeaders()
    await pipeline(logs, response)
  } catch (error) {
    if (!ended.signal.aborted) throw error
    response.end()
  } finally {
    stopping.removeEventListener('abort', end)
  }
}
