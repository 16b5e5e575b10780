/** Starts and ends the processes of a server under measurement. */
import { type ChildProcess, spawn } from 'node:child_process'
import { openSync } from 'node:fs'
import { createServer } from 'node:net'
import { connectSession, request } from '../http.js'
import type { BenchServer } from './server.js'

/** Output goes to a file, so that a full pipe never stops the server. */
export function startProcess(
  command: string,
  args: readonly string[],
  options: { cwd: string; log: string },
): ChildProcess {
  const log = openSync(options.log, 'a')
  return spawn(command, [...args], { cwd: options.cwd, stdio: ['ignore', log, log] })
}

const patienceMs = 60_000

/** A process that does not end by itself is killed. */
export async function stopProcess(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise(resolve => child.once('exit', resolve))
  child.kill(signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await ended
  clearTimeout(timer)
}

export const freePort = (): Promise<number> =>
  new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

/** Asks `/readyz` every few milliseconds until it says 200. */
export async function waitUntilReady(
  target: Pick<BenchServer, 'url' | 'headers'> & { tls(): BenchServer['tls'] | undefined },
): Promise<void> {
  for (let tries = 0; tries < 6_000; tries++) {
    const tls = target.tls()
    if (tls) {
      const session = connectSession({ ...target, tls })
      try {
        if ((await request(session, target.headers, { path: '/readyz' })).status === 200) return
      } catch {
        // Not listening yet.
      } finally {
        session.destroy()
      }
    }
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  throw new Error(`${target.url} did not become ready within 30 s`)
}
