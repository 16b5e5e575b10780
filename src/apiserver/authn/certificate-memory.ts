/** What certificates say of their owners, read once for all connections that show the same one: reading takes milliseconds. */
import type { TLSSocket } from 'node:tls'

/** Beyond this all is forgotten: whoever is signed for may have many certificates. */
const maxRemembered = 1024

/**
 * As `read`, which looks at what the peer of a connection has shown. Only what is `sure` is remembered: it no longer hangs on what
 * else the peer sends along, such as the certificates between its own and the authority's.
 */
export function readingOnce<T>(read: (socket: TLSSocket) => T, sure: (found: T) => boolean): (socket: TLSSocket) => T {
  const known = new Map<string, T>()
  return socket => {
    const certificate = socket.getPeerX509Certificate?.()
    if (!certificate) return read(socket)
    // Where TLS itself checks who signed, its answer is part of what is read.
    const key = `${socket.authorized} ${certificate.fingerprint256}`
    const remembered = known.get(key)
    if (remembered !== undefined) return remembered
    const found = read(socket)
    if (!sure(found)) return found
    if (known.size >= maxRemembered) known.clear()
    known.set(key, found)
    return found
  }
}
