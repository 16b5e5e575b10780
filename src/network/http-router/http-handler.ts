/** What takes the requests of a listener. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Incoming, Outgoing } from './exchange.js'

export interface HttpHandler {
  serve(request: Incoming, response: Outgoing): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}
