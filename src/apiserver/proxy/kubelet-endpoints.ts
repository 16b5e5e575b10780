/** What a kubelet in this process answers over HTTP by way of `nodes/<name>/proxy`: its health, its pods, logs of containers. */
import type { NodeApi } from '../../machinery/node-api.js'
import type { Rest } from '../../registry/rest.js'
import { logOptionsOf } from '../connect/log-options.js'
import { sendLogs } from '../connect/pod-log.js'
import { sendText } from '../http/errors.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody } from '../http/send.js'
import { listJson } from '../negotiate/list-json.js'

export interface KubeletContext {
  node: string
  api: NodeApi
  pods: Rest
  stopping: AbortSignal
}

async function sendPods(exchange: Exchange, { node, pods }: KubeletContext): Promise<void> {
  const list = await pods.list(undefined, { fieldSelector: `spec.nodeName=${node}` })
  const body = Buffer.concat([...listJson(pods.kind, list).chunks])
  await sendBody(exchange, 200, { contentType: 'application/json', body })
}

/** `path` is the kubelet's own. What this node does not serve is 404, as a kubelet says it. */
export async function serveKubelet(exchange: Exchange, path: string, context: KubeletContext): Promise<void> {
  const parts = path.split('/').filter(part => part !== '')
  const [endpoint, namespace, pod, container] = parts
  if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD')
    return sendText(exchange, 405, '405: Method Not Allowed')
  if (path === '/healthz') return sendText(exchange, 200, 'ok')
  if (path === '/pods' || path === '/pods/') return sendPods(exchange, context)
  if (endpoint === 'containerLogs' && parts.length === 4) {
    const ref = { namespace: namespace!, pod: pod!, container: container! }
    return sendLogs(
      exchange,
      { node: context.api, ref, options: logOptionsOf(exchange.query, ref.pod) },
      context.stopping,
    )
  }
  return sendText(exchange, 404, '404 page not found\n')
}
