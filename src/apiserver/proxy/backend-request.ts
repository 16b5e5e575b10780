/** A request to a backend over a connection of its own. */
import { type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders, request as sendRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Location } from './location.js'
import type { TargetPath } from './target-path.js'

export interface Backend {
  location: Location
  target: TargetPath
  /** Changes what the headers have become that go there. */
  editHeaders?(headers: OutgoingHttpHeaders): void
  /** An answer that sends the client elsewhere is none: 502. */
  refusesRedirects?: boolean
}

/** Go's limit is 10 MiB; heads that large are no honest ones. */
const maxHeaderSize = 1024 * 1024

/** Asks what `request` asks; not sent before its body is written or ended. `path` is escaped. */
export const openRequest = (
  { method = 'GET' }: Pick<IncomingMessage, 'method'>,
  socket: Socket,
  { host, path, headers }: { host: string; path: string; headers: OutgoingHttpHeaders },
): ClientRequest =>
  sendRequest({ createConnection: () => socket, host, method, path, headers, setHost: false, maxHeaderSize })
