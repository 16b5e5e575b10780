/** What the API server asks of a node on a client's behalf: logs, exec, attach, port-forward. Implemented by the kubelet. */
import type { Readable, Writable } from 'node:stream'
import type { NodeUsage } from './node-usage.js'

export interface ContainerRef {
  namespace: string
  pod: string
  container: string
  /** Uid the caller saw; a node refuses another pod of the same name. */
  uid?: string
}

export interface LogOptions {
  follow?: boolean
  previous?: boolean
  timestamps?: boolean
  sinceSeconds?: number
  /** RFC 3339. */
  sinceTime?: string
  tailLines?: number
  limitBytes?: number
  stream?: 'All' | 'Stdout' | 'Stderr'
}

export interface TerminalSize {
  width: number
  height: number
}

/** Ends of the caller's streams: absent where not asked for. With a tty, all output goes to stdout. */
export interface ExecStreams {
  stdin?: Readable
  stdout?: Writable
  stderr?: Writable
  /** Window changes, until the stream ends. */
  resize?: AsyncIterable<TerminalSize>
  tty: boolean
  /** Aborted when the caller is gone. */
  signal: AbortSignal
}

/** A request to the kubelet's own HTTP server, already let in. */
export interface NodeRequest {
  method: string
  /** Without query. */
  path: string
  query: URLSearchParams
  /** Aborted when the caller is gone. */
  signal: AbortSignal
}

export interface NodeAnswer {
  code: number
  contentType: string
  body: string | Readable
}

export interface NodeApi {
  /** Throws a StatusError (400 with upstream's words) when the container has no logs yet. */
  logs(ref: ContainerRef, options: LogOptions, signal: AbortSignal): Promise<Readable>
  /** Resolves with the exit code when the command ended and its output was written. */
  exec(ref: ContainerRef, command: readonly string[], streams: ExecStreams): Promise<number>
  /** Resolves with the exit code of the container, or 0 when the caller detached. */
  attach(ref: ContainerRef, streams: ExecStreams): Promise<number>
  /** Connects both ends of one stream to a port in the pod's network; resolves when either side closed. */
  portForward(
    ref: Omit<ContainerRef, 'container'>,
    port: number,
    stream: { readable: Readable; writable: Writable; signal: AbortSignal },
  ): Promise<void>
  /** What the kubelet serves over HTTP, streams apart: pods, logs, metrics, statistics. Absent where there is no such server. */
  answer?(request: NodeRequest): Promise<NodeAnswer>
  /** What node and containers use, measured within the last 15 seconds, or now. Undefined where nothing was measured yet. */
  usage?(signal: AbortSignal): Promise<NodeUsage | undefined>
}

/** Finds the node's API by node name; undefined where the node is unknown or cannot be reached. */
export type NodeDirectory = (nodeName: string) => NodeApi | undefined
