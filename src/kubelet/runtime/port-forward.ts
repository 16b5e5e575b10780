/** Connects a caller to a port inside a sandbox's network, by its address or from inside its network namespace. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { RuntimeError } from './runtime.js'

export interface ForwardedStream {
  readable: Readable
  writable: Writable
  signal: AbortSignal
}

async function dial(host: string, port: number): Promise<Socket> {
  const socket = connect({ host, port, allowHalfOpen: true })
  await once(socket, 'connect')
  return socket
}

/** Each direction ends by itself, so that a half-closed connection still delivers the answer; resolves when both have. */
async function join(remote: { readable: Readable; writable: Writable }, caller: ForwardedStream) {
  const { signal } = caller
  const quiet = (error: Error) => {
    if (error.name !== 'AbortError') throw error
  }
  await Promise.all([
    pipeline(caller.readable, remote.writable, { signal }).catch(() => {}),
    pipeline(remote.readable, caller.writable, { signal }).catch(quiet),
  ])
}

/**
 * Runs in the sandbox's network namespace: a server that listens on loopback only is heard nowhere else. Standard output is
 * opened as a socket because process.stdout cannot be ended: the caller would never hear that the server hung up.
 */
export const relayScript = `
const { connect, Socket } = require('node:net')
const port = Number(process.argv[1])
const fail = error => { process.stderr.write(error.message); process.exit(1) }
const start = (host, failed) => {
  const socket = connect({ host, port, allowHalfOpen: true })
  socket.once('error', failed)
  socket.once('connect', () => {
    socket.off('error', failed).on('error', () => process.exit(1))
    process.stdin.pipe(socket)
    socket.pipe(new Socket({ fd: 1, readable: false, writable: true }))
  })
}
start('127.0.0.1', first => start('::1', () => fail(first)))
`

/** `enter` is the command that leads into the namespace, `[]` for our own. Rejects when nothing listens. */
export async function forwardByRelay(enter: readonly string[], port: number, caller: ForwardedStream): Promise<void> {
  const [command, ...args] = [...enter, process.execPath, '-e', relayScript, String(port)]
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'pipe'], signal: caller.signal })
  let complaint = ''
  child.stderr.on('data', chunk => {
    complaint += chunk
  })
  const ended = once(child, 'exit').catch((error: Error) => {
    complaint ||= error.message
    return [1]
  })
  await join({ readable: child.stdout, writable: child.stdin }, caller).catch(() => {})
  const [code] = await ended
  if (code !== 0 && complaint && !caller.signal.aborted) throw new Error(complaint)
}

/** Connects a caller from inside a network namespace. */
export type Relay = (port: number, caller: ForwardedStream) => Promise<void>

/** `address` is the sandbox's, or loopback for one on the host's network; `relay`, or for root `pid`, lets us in when only loopback listens. */
export async function forwardPort(
  { address, pid, relay }: { address: string; pid?: number; relay?: Relay },
  port: number,
  caller: ForwardedStream,
): Promise<void> {
  try {
    const socket = await dial(address, port)
    await join({ readable: socket, writable: socket }, caller)
    return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED' || !(relay || pid)) throw refusal(port, error)
  }
  const relayed = relay ? relay(port, caller) : forwardByRelay(['nsenter', '-t', String(pid), '-n'], port, caller)
  await relayed.catch(error => {
    throw refusal(port, error)
  })
}

const refusal = (port: number, error: unknown) =>
  new RuntimeError(
    'other',
    `failed to connect to localhost:${port} inside the pod's network: ${(error as Error).message}`,
  )
