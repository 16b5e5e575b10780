/** Runs commands in containers and attaches to their main process, through Docker's API. */

import { PassThrough } from 'node:stream'
import type Docker from 'dockerode'
import type { ExecStreams } from '../../../machinery/node-api.js'
import { type ExecResult, RuntimeError } from '../runtime.js'
import { asking } from './errors.js'
import { carry, followResizes } from './streams.js'

/** Output kept of a command without streams, as CRI's ExecSync does for probes and hooks. */
const outputLimitBytes = 16 * 1024

async function startExec(docker: Docker, id: string, command: readonly string[], streams: ExecStreams) {
  const { stdin, stdout, stderr, tty } = streams
  const exec = await asking(
    docker.getContainer(id).exec({
      Cmd: [...command],
      AttachStdin: stdin !== undefined,
      AttachStdout: stdout !== undefined,
      AttachStderr: stderr !== undefined && !tty,
      Tty: tty,
    }),
  )
  const connection = await asking(exec.start({ hijack: true, stdin: stdin !== undefined, Tty: tty }))
  return { exec, connection }
}

/** Docker says 126 or 127 when the command cannot be started; the reason is in the output. */
export async function execIn(
  docker: Docker,
  id: string,
  command: readonly string[],
  streams: ExecStreams,
): Promise<number> {
  const { exec, connection } = await startExec(docker, id, command, streams)
  followResizes(streams.resize, ({ width, height }) => exec.resize({ w: width, h: height }))
  await carry(connection, streams)
  if (streams.signal.aborted) return 0
  return exitCodeOf(exec)
}

async function exitCodeOf(exec: Docker.Exec): Promise<number> {
  // The output may end a moment before the daemon has noted the exit.
  for (let attempt = 0; ; attempt++) {
    const { Running, ExitCode } = await asking(exec.inspect())
    if (!Running && ExitCode !== null) return ExitCode
    await new Promise(resolve => setTimeout(resolve, Math.min(5 * 2 ** attempt, 1000)))
  }
}

function collector() {
  const sink = new PassThrough()
  const chunks: Buffer[] = []
  let size = 0
  sink.on('data', (chunk: Buffer) => {
    if (size < outputLimitBytes) chunks.push(chunk.subarray(0, outputLimitBytes - size))
    size += chunk.length
  })
  return { sink, text: () => Buffer.concat(chunks).toString('utf8') }
}

/** Best effort: only a kubelet that shares the daemon's process namespace, as root, can reach the process. */
async function killExec(exec: Docker.Exec): Promise<void> {
  const { Pid } = await exec.inspect()
  if (Pid > 0) process.kill(Pid, 'SIGKILL')
}

export async function execSyncIn(
  docker: Docker,
  id: string,
  command: readonly string[],
  timeoutMs: number,
): Promise<ExecResult> {
  const { sink, text } = collector()
  const timeout = new AbortController()
  const streams: ExecStreams = { stdout: sink, stderr: sink, tty: false, signal: timeout.signal }
  const { exec, connection } = await startExec(docker, id, command, streams)
  const timer = timeoutMs > 0 ? setTimeout(() => timeout.abort(), timeoutMs) : undefined
  try {
    await carry(connection, streams)
  } finally {
    clearTimeout(timer)
  }
  if (timeout.signal.aborted) {
    await killExec(exec).catch(() => {})
    throw new RuntimeError('timeout', `command ${JSON.stringify(command.join(' '))} timed out`)
  }
  return { exitCode: await exitCodeOf(exec), output: text() }
}

export async function attachTo(docker: Docker, id: string, streams: ExecStreams): Promise<number> {
  const container = docker.getContainer(id)
  const connection = await asking(
    container.attach({
      stream: true,
      hijack: true,
      stdin: streams.stdin !== undefined,
      stdout: streams.stdout !== undefined,
      stderr: streams.stderr !== undefined && !streams.tty,
    }),
  )
  followResizes(streams.resize, ({ width, height }) => container.resize({ w: width, h: height }))
  await carry(connection as NodeJS.ReadWriteStream as import('node:stream').Duplex, streams)
  if (streams.signal.aborted) return 0
  const { State } = await asking(container.inspect())
  return State.Running ? 0 : State.ExitCode
}
