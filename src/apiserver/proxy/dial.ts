/** Connects to backends, and words failures as Go does: clients and their tests read them. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../../machinery/clock.js'
import { certificateError } from './certificate-errors.js'
import { type BackendTls, hostOf, type Location, portOf } from './location.js'

/** Opens a connection to a pod or node. Rejects with what the operating system says. */
export type Dial = (address: { host: string; port: number }, signal: AbortSignal) => Promise<Socket>

/** Upstream's. */
const dialTimeoutMilliseconds = 30_000

/** Settles with the socket's first word. */
function settled(socket: Socket, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => socket.destroy(new Error('context canceled'))
    const done = () => {
      signal.removeEventListener('abort', abort)
      socket.off(event, resolve).off('error', reject).off('close', onClose)
    }
    const onClose = () => reject(new Error('EOF'))
    signal.addEventListener('abort', abort, { once: true })
    socket.once(event, resolve).once('error', reject).once('close', onClose).once(event, done).once('error', done)
    // Whoever takes the socket over hears of its errors; in between nobody does.
    socket.on('error', () => {})
    if (signal.aborted) abort()
  })
}

/** Straight over TCP, for at most 30 seconds. */
export const newTcpDial =
  (clock: Clock): Dial =>
  async (address, signal) => {
    const socket = connectTcp({ ...address, noDelay: true })
    const timer = clock.after(dialTimeoutMilliseconds, () =>
      socket.destroy(Object.assign(new Error('i/o timeout'), { code: 'TIMEOUT' })),
    )
    try {
      await settled(socket, 'connect', signal)
      return socket
    } finally {
      timer.cancel()
    }
  }

const systemErrors: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  TIMEOUT: 'i/o timeout',
}

/** Go's words for a connection that did not come about. */
function dialError(location: Location, error: NodeJS.ErrnoException): Error {
  const known = systemErrors[error.code ?? '']
  if (error.code === 'ENOTFOUND') return new Error(`dial tcp: lookup ${location.host}: no such host`)
  const address = hostOf({ ...location, port: portOf(location) })
  return new Error(known ? `dial tcp ${address}: ${known}` : error.message)
}

/** Certificates of pods are nobody's to check: upstream does not either. */
const unverified: BackendTls = { serverName: '', insecure: true }

async function encrypt(socket: Socket, tls: BackendTls, signal: AbortSignal): Promise<Socket> {
  const { serverName, ca, insecure, client } = tls
  const secured = connectTls({
    socket,
    servername: serverName,
    rejectUnauthorized: !insecure,
    ALPNProtocols: ['http/1.1'],
    ...(ca && { ca }),
    ...(client && { cert: client.certificate, key: client.key }),
  })
  try {
    await settled(secured, 'secureConnect', signal)
    return secured
  } catch (error) {
    socket.destroy()
    const { code = '', message } = error as NodeJS.ErrnoException
    const isNoTls = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG'
    if (isNoTls) throw new Error('tls: first record does not look like a TLS handshake')
    throw new Error(certificateError(error as NodeJS.ErrnoException, serverName) ?? message)
  }
}

/**
 * A connection of its own for each request: addresses of pods are given anew, and an idle connection might meet the wrong
 * one. Rejects with an Error in Go's words.
 */
export async function connectBackend(location: Location, dial: Dial, signal: AbortSignal): Promise<Socket> {
  const port = portOf(location)
  if (port < 0 || port > 65535) throw new Error(`dial tcp: address ${port}: invalid port`)
  const socket = await dial({ host: location.host, port }, signal).catch(error => {
    throw dialError(location, error as NodeJS.ErrnoException)
  })
  return location.scheme === 'https' ? encrypt(socket, location.tls ?? unverified, signal) : socket
}
