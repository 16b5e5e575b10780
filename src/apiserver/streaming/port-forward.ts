/** What the transports of port-forward share: port numbers, and a stream's way to a port of a pod. */
import type { Readable, Writable } from 'node:stream'
import type { ContainerRef, NodeApi } from '../../machinery/node-api.js'

/** 1 to 65535; undefined for anything else. */
export function parsePort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65_535 ? port : undefined
}

export interface ForwardedStream {
  readable: Readable
  writable: Writable
  signal: AbortSignal
}

/** Resolves when either side closed: with upstream's message when the port could not be reached. Never rejects. */
export async function forwardPort(
  { node, target }: { node: NodeApi; target: ContainerRef },
  port: number,
  stream: ForwardedStream,
): Promise<string | undefined> {
  const { namespace, pod, uid } = target
  try {
    await node.portForward({ namespace, pod, ...(uid && { uid }) }, port, stream)
    return undefined
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return `error forwarding port ${port} to pod ${pod}_${namespace}, uid ${uid ?? ''}: ${why}`
  }
}
