/** Carries bytes between a caller's streams and a hijacked connection to Docker. */
import { once } from 'node:events'
import type { Duplex, Writable } from 'node:stream'
import type { ExecStreams, TerminalSize } from '../../../machinery/node-api.js'
import { demultiplex, type OutputStream } from './demultiplex.js'

async function* asStdout(source: AsyncIterable<Buffer>): AsyncGenerator<[OutputStream, Buffer]> {
  for await (const chunk of source) yield ['stdout', chunk]
}

async function write(target: Writable | undefined, data: Buffer): Promise<void> {
  if (!target || target.destroyed || target.writableEnded) return
  if (!target.write(data)) await writable(target)
}

/** Resolves when `target` takes more or is gone. Leaves no listener behind: a long stream comes here many times. */
async function writable(target: Writable): Promise<void> {
  const waits = new AbortController()
  try {
    await Promise.race(['drain', 'close'].map(event => once(target, event, { signal: waits.signal })))
  } finally {
    waits.abort()
  }
}

/** Ends with the remote side's output, or when the caller is gone. */
export async function carry(connection: Duplex, { stdin, stdout, stderr, tty, signal }: ExecStreams): Promise<void> {
  const stop = () => connection.destroy()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  connection.on('error', () => {})
  const sendEnd = () => connection.end()
  if (stdin) {
    stdin.on('error', stop)
    stdin.pipe(connection, { end: false })
    stdin.once('end', sendEnd)
  }
  try {
    const output = tty ? asStdout(connection) : demultiplex(connection)
    for await (const [stream, data] of output) await write(stream === 'stdout' ? stdout : stderr, data)
  } catch (error) {
    // A connection cut short is an end like another: the exit code tells what happened.
    if (!connection.destroyed) throw error
  } finally {
    signal.removeEventListener('abort', stop)
    stdin?.unpipe(connection)
    stdin?.off('end', sendEnd)
    connection.destroy()
  }
}

/** Passes window changes on for as long as they come; a resize of a process that has ended is no error. */
export function followResizes(
  sizes: AsyncIterable<TerminalSize> | undefined,
  resize: (size: TerminalSize) => Promise<unknown>,
): void {
  if (!sizes) return
  const follow = async () => {
    for await (const size of sizes) await resize(size).catch(() => {})
  }
  follow().catch(() => {})
}
