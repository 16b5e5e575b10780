/** pods/log: a container's output, as it is or as it grows. */
import { pipeline } from 'node:stream/promises'
import { logOptionsOf } from '../../machinery/log-options.js'
import type { ContainerRef, LogOptions, NodeApi } from '../../machinery/node-api.js'
import type { Exchange } from '../http/exchange.js'
import { newRequestEnd } from '../http/request-end.js'
import { writeHead } from '../http/send.js'
import { findPodTarget, type PodTargetDeps } from './pod-target.js'

/** `stopping` ends logs that are followed. Throws a StatusError while nothing has been sent. */
export async function servePodLog(exchange: Exchange, deps: PodTargetDeps, stopping: AbortSignal): Promise<void> {
  const { info, query, response } = exchange
  const options = logOptionsOf(query, info.name)
  const { ref, node } = await findPodTarget(deps, info, query?.get('container') ?? '')
  if (!node) {
    // Nothing has run yet: nothing to show.
    writeHead(exchange, 204, {})
    response.end()
    return
  }
  await sendLogs(exchange, { node, ref, options }, stopping)
}

/** Streams a container's logs to the client. Throws a StatusError while nothing has been sent. */
export async function sendLogs(
  exchange: Exchange,
  { node, ref, options }: { node: NodeApi; ref: ContainerRef; options: LogOptions },
  stopping: AbortSignal,
): Promise<void> {
  const { response } = exchange
  const end = newRequestEnd(response, stopping)
  try {
    const logs = await node.logs(ref, options, end.signal)
    writeHead(exchange, 200, { 'content-type': 'text/plain' })
    response.flushHeaders()
    await pipeline(logs, response)
  } catch (error) {
    if (!end.signal.aborted) throw error
    response.end()
  } finally {
    end.release()
  }
}
