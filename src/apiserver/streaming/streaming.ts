/** Exec, attach, port-forward and logs over upgraded connections: what the API server's `upgrade` event hands over. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../../machinery/clock.js'
import type { ContainerRef, LogOptions, NodeApi } from '../../machinery/node-api.js'

export type StreamingSubresource = 'exec' | 'attach' | 'portforward' | 'log'

/** The query of the subresource, decoded. */
export interface StreamingOptions {
  /** exec only. */
  command?: readonly string[]
  stdin?: boolean
  stdout?: boolean
  stderr?: boolean
  tty?: boolean
  /** portforward over WebSocket channels only: every `ports` value. Other clients name ports as they open streams. */
  ports?: readonly number[]
  /** log only. */
  log?: LogOptions
}

export interface StreamingUpgrade {
  /** HTTP/1.1, authenticated and authorized. */
  req: IncomingMessage
  socket: Duplex
  /** What the client sent after its request. */
  head: Buffer
  node: NodeApi
  /** For portforward `container` is unused. */
  target: ContainerRef
  subresource: StreamingSubresource
  options: StreamingOptions
}

export interface StreamingDeps {
  clock: Clock
  /** Closes a connection on which nothing moved for so long; default four hours, as the kubelet's. */
  idleTimeoutMs?: number
  /** How long a client may take to open its streams; default 30 s. */
  streamCreationTimeoutMs?: number
  /** Told of failures that no client hears of. */
  onError?(error: Error): void
}

export const defaultIdleTimeoutMs = 4 * 60 * 60 * 1000
export const defaultStreamCreationTimeoutMs = 30_000

/** Protocols of exec and attach over SPDY, the best first. */
export const remoteCommandProtocols = [
  'v4.channel.k8s.io',
  'v3.channel.k8s.io',
  'v2.channel.k8s.io',
  'channel.k8s.io',
] as const

export const portForwardProtocol = 'portforward.k8s.io'
/** Port-forward of kubectl 1.31 and later: SPDY inside WebSocket messages. */
export const tunnelPrefix = 'SPDY/3.1+'
