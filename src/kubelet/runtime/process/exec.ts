/** Runs commands in containers and connects callers to the main process. */
import type { Socket } from 'node:net'
import { PassThrough, type Readable, type Writable } from 'node:stream'
import type { ExecStreams, TerminalSize } from '../../../machinery/node-api.js'
import { type ExecResult, RuntimeError } from '../runtime.js'
import { Launcher } from './kernel/launcher.js'
import { runLauncher, startLauncher } from './kernel/run-launcher.js'
import { atWorkingDirectory, openFlags, terminalControl } from './kernel/system-calls.js'
import { execLauncher } from './launch-exec.js'
import { programFailure } from './launch-user.js'
import { readPipe, writePipe } from './pipes.js'
import type { ProcessHost } from './process-host.js'
import type { RunningContainer } from './running-container.js'
import { privilegesOf } from './start-container.js'
import { decodeWaitStatus } from './supervised-launch.js'

/** Output kept of a command without streams, as CRI's ExecSync does for probes and hooks. */
const outputLimitBytes = 16 * 1024
/** Shells' exit codes for what cannot be run, and what is not there. */
const cannotRun = 126
const notFound = 127
/** For output that is on its way when the command has ended; what it left running may hold the pipe. */
const lastWordsMs = 500

interface Running {
  /** On this machine. */
  pid: Promise<number>
  ended: Promise<number>
}

async function copy(from: Socket, to: Writable | undefined): Promise<void> {
  try {
    for await (const chunk of from) {
      if (!to || to.destroyed || to.writableEnded || to.write(chunk)) continue
      await new Promise<void>(resolve => {
        const done = () => {
          to.off('drain', done)
          to.off('close', done)
          resolve()
        }
        to.on('drain', done)
        to.on('close', done)
      })
    }
  } catch {
    // Closed from this side.
  }
}

/** Ends its target when the source ends. */
function feed(source: Readable, target: Socket): () => void {
  target.on('error', () => {})
  const end = () => target.end(() => target.destroy())
  source.pipe(target, { end: false })
  source.once('end', end)
  return () => {
    source.unpipe(target)
    source.off('end', end)
  }
}

/** Sets the size of a terminal inside the container of that process. */
async function resizeTerminal(host: ProcessHost, path: string, { width, height }: TerminalSize): Promise<void> {
  const size = Buffer.alloc(8)
  size.writeUInt16LE(height, 0)
  size.writeUInt16LE(width, 2)
  const launcher = new Launcher()
  const fd = launcher.call('openat', [atWorkingDirectory, path, openFlags.readWrite | openFlags.noTerminal, 0])
  launcher.call('ioctl', [fd, terminalControl.setSize, size])
  await runLauncher(launcher, host.launchers)
}

/** `path` leads to the terminal. */
function followSizes(host: ProcessHost, streams: ExecStreams, path: string): void {
  const { resize } = streams
  if (!resize) return
  const follow = async () => {
    for await (const size of resize) await resizeTerminal(host, path, size).catch(() => {})
  }
  follow().catch(() => {})
}

/** The pid comes first; the wait status replaces it. */
function followStatus(socket: Socket): Running {
  let told: (pid: number) => void = () => {}
  const pid = new Promise<number>(resolve => {
    told = resolve
  })
  const ended = (async () => {
    let bytes = Buffer.alloc(0)
    try {
      for await (const chunk of socket) {
        bytes = Buffer.concat([bytes, chunk as Buffer])
        if (bytes.length >= 8) told(Number(bytes.readBigInt64LE(0)))
      }
    } catch {
      // An end like another.
    }
    told(0)
    return bytes.length >= 12 ? decodeWaitStatus(bytes.readInt32LE(8)).exitCode : cannotRun
  })()
  return { pid, ended }
}

const within = (work: Promise<unknown>, ms: number) => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise(resolve => {
    timer = setTimeout(resolve, ms)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** Docker's way: what cannot be run says so on standard output and has an exit code like another. */
export async function execIn(
  host: ProcessHost,
  container: RunningContainer,
  { command, streams }: { command: readonly string[]; streams: ExecStreams },
): Promise<number> {
  const { pid } = container
  const { container: config, resolved } = container.record
  if (!config || !resolved) throw new RuntimeError('conflict', `container ${container.id} is not running`)
  const { stdin, stdout, stderr, tty, signal } = streams
  const [input, output, error] = await Promise.all([
    stdin && host.pipes.take(),
    host.pipes.take(),
    tty ? undefined : host.pipes.take(),
  ])
  const reading = [output, error].map(path => (path ? readPipe(path) : undefined))
  const typing = input ? writePipe(input) : undefined
  const copied = reading.map((socket, i) => socket && copy(socket, i === 0 ? stdout : stderr))
  const launcher = execLauncher({
    pid,
    streams: { ...(input && { in: input }), out: output, ...(error && { err: error }), tty },
    program: {
      argv: command,
      env: tty ? ['TERM=xterm', ...resolved.env] : resolved.env,
      workingDirectory: resolved.workingDirectory,
    },
    privileges: privilegesOf(host, config, resolved),
    groups: resolved.groups,
  })
  const { child, report } = startLauncher(launcher, host.launchers, ['ignore', 'ignore', 'ignore', 'pipe'])
  const running = followStatus(child.stdio[4] as Socket)
  let stopFeeding: (() => void) | undefined
  const caller = new Promise<'gone'>(resolve => {
    signal.addEventListener('abort', () => resolve('gone'), { once: true })
    if (signal.aborted) resolve('gone')
  })
  try {
    const failed = await report
    if (failed.length > 0) return refuse(launcher.failures(failed, true), { command, stdout })
    // Not before the command has its end of the pipe, or its terminal: a short input would be over and gone.
    if (stdin && typing) stopFeeding = feed(stdin, typing)
    followSizes(host, streams, `/proc/${await running.pid}/fd/0`)
    const exitCode = await Promise.race([running.ended, caller])
    if (exitCode === 'gone') {
      await killLate(running, streams)
      return 0
    }
    await within(Promise.all(copied), lastWordsMs)
    return exitCode
  } finally {
    stopFeeding?.()
    for (const socket of [typing, ...reading]) socket?.destroy()
    await Promise.all([input, output, error].map(path => path && host.pipes.discard(path)))
  }
}

/** Streams of a command that has run out of time are marked so. */
const timedOut = new WeakSet<ExecStreams>()

async function killLate({ pid }: Running, streams: ExecStreams): Promise<void> {
  if (!timedOut.has(streams)) return
  try {
    process.kill(await pid, 'SIGKILL')
  } catch {
    // It was faster.
  }
}

function refuse(
  failures: readonly { what: string; code: string }[],
  { command, stdout }: { command: readonly string[]; stdout: Writable | undefined },
): number {
  const message = programFailure(command[0] ?? '', failures)
  stdout?.write(`OCI runtime exec failed: exec failed: unable to start container process: ${message}: unknown\r\n`)
  return message.includes('permission denied') ? cannotRun : notFound
}

/** Rejects with kind `timeout`; the command is killed then. */
export async function execSyncIn(
  host: ProcessHost,
  container: RunningContainer,
  { command, timeoutMs }: { command: readonly string[]; timeoutMs: number },
): Promise<ExecResult> {
  const chunks: Buffer[] = []
  let size = 0
  const sink = new PassThrough()
  sink.on('data', (chunk: Buffer) => {
    if (size < outputLimitBytes) chunks.push(chunk.subarray(0, outputLimitBytes - size))
    size += chunk.length
  })
  const late = new AbortController()
  const streams: ExecStreams = { stdout: sink, stderr: sink, tty: false, signal: late.signal }
  timedOut.add(streams)
  const timer = timeoutMs > 0 ? setTimeout(() => late.abort(), timeoutMs) : undefined
  try {
    const exitCode = await execIn(host, container, { command, streams })
    if (late.signal.aborted) throw new RuntimeError('timeout', `command ${JSON.stringify(command.join(' '))} timed out`)
    return { exitCode, output: Buffer.concat(chunks).toString('utf8') }
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves with the exit code, or 0 when the caller left first. */
export async function attachTo(host: ProcessHost, container: RunningContainer, streams: ExecStreams): Promise<number> {
  const { pid, process: main } = container
  if (!main) throw new RuntimeError('conflict', `container ${container.id} is not running`)
  const { stdin, stdout, stderr, tty, signal } = streams
  const stopOutput = main.onOutput((stream, chunk) => {
    const to = stream === 'stdout' ? stdout : stderr
    if (to && !to.destroyed && !to.writableEnded) to.write(chunk)
  })
  const once = container.record.container?.stdinOnce
  const stopFeeding = stdin && main.input ? attachInput(stdin, main.input, once ?? false) : undefined
  if (tty) followSizes(host, streams, `/proc/${pid}/root/dev/pts/0`)
  const gone = new Promise<'gone'>(resolve => {
    signal.addEventListener('abort', () => resolve('gone'), { once: true })
    if (signal.aborted) resolve('gone')
  })
  try {
    const end = await Promise.race([main.ended, gone])
    return end === 'gone' ? 0 : end.exitCode
  } finally {
    stopOutput()
    stopFeeding?.()
    if (once) main.input?.destroy()
  }
}

function attachInput(stdin: Readable, input: Socket, once: boolean): () => void {
  if (once) return feed(stdin, input)
  stdin.pipe(input, { end: false })
  return () => stdin.unpipe(input)
}
