/** A request to a backend over a connection of its own. */
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as sendRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Location } from './location.js'
import type { TargetPath } from './target-path.js'

export interface Backend {
  location: Location
  target: TargetPath
}

/** Go's limit is 10 MiB; heads that large are no honest ones. */
const maxHeaderSize = 1024 * 1024

/** Asks what `request` asks; not sent before its body is written or ended. `path` is escaped. */
export const openRequest = (
  { method = 'GET' }: IncomingMessage,
  socket: Socket,
  { host, path, headers }: { host: string; path: string; headers: OutgoingHttpHeaders },
): ClientRequest =>
  sendRequest({ createConnection: () => socket, host, method, path, headers, setHost: false, maxHeaderSize })
