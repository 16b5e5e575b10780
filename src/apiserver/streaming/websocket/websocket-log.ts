/** Logs over WebSocket: what the container wrote, in messages as it comes. */
import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ContainerRef, LogOptions, NodeApi } from '../../../machinery/node-api.js'
import { StatusError } from '../../../machinery/status-error.js'
import { refuseUpgrade } from '../http-answer.js'
import { closed, type UpgradeRequest, upgradeToWebSocket } from './upgrade.js'

const base64Protocol = 'base64.binary.k8s.io'
const protocols = ['binary.k8s.io', base64Protocol, '']

export interface LogRequest {
  node: NodeApi
  target: ContainerRef
  log: LogOptions
}

/** Serves one log; resolves when the connection is closed. Answers with an HTTP error when there is no log. */
export async function serveWebSocketLog(request: UpgradeRequest, { node, target, log }: LogRequest): Promise<void> {
  const gone = new AbortController()
  request.socket.once('close', () => gone.abort())
  const lines = await node.logs(target, log, gone.signal).catch((error: Error) => error)
  if (lines instanceof Error) {
    const code = lines instanceof StatusError ? lines.code : 500
    refuseUpgrade(request.socket, { code, message: lines.message })
    return
  }
  lines.on('error', () => {})
  const upgraded = await upgradeToWebSocket(request, protocols)
  if (!upgraded) {
    lines.destroy()
    return
  }
  const { ws, protocol } = upgraded
  // Nothing is expected from the client, but its goodbye.
  ws.resume()
  const base64 = protocol === base64Protocol
  // Tells the client that the connection is established.
  ws.send(base64 ? '' : Buffer.alloc(0))
  const messages = new Writable({
    write: (chunk: Buffer, _encoding, done) =>
      base64 ? ws.send(chunk.toString('base64'), { binary: false }, done) : ws.send(chunk, { binary: true }, done),
  })
  await pipeline(lines, messages, { signal: gone.signal }).catch(() => {})
  lines.destroy()
  ws.close(1000)
  await closed(ws)
}
