/** Runs exec and attach on a node with the streams of a client, whatever they came over. */
import type { Readable, Writable } from 'node:stream'
import type { ContainerRef, ExecStreams, NodeApi } from '../../machinery/node-api.js'
import { type ExecStatus, execExit, execFailure, execSuccess } from './exec-status.js'
import type { StreamingOptions } from './streaming.js'
import { readTerminalSizes } from './terminal-resize.js'

/** The client's streams: those that it asked for. */
export interface RemoteStreams {
  stdin?: Readable
  stdout?: Writable
  stderr?: Writable
  resize?: Readable
  /** Aborted when the client is gone. */
  signal: AbortSignal
  /** Ends the error stream with this. */
  writeStatus(status: ExecStatus): Promise<void>
}

export interface RemoteCommand {
  node: NodeApi
  target: ContainerRef
  subresource: 'exec' | 'attach'
  options: StreamingOptions
}

/** With a terminal there is one output. Throws what upstream answers with a 400. */
export function remoteCommandOptions(options: StreamingOptions): StreamingOptions {
  const stderr = options.stderr && !options.tty
  if (!options.stdin && !options.stdout && !stderr) {
    throw new Error('you must specify at least 1 of stdin, stdout, stderr')
  }
  return { ...options, stderr }
}

async function run({ node, target, subresource, options }: RemoteCommand, streams: ExecStreams): Promise<ExecStatus> {
  const { command = [] } = options
  if (subresource === 'exec') return execExit(await node.exec(target, command, streams), command)
  // Whatever the container's code: attaching to it worked.
  await node.attach(target, streams)
  return execSuccess
}

const endOf = (stream: Writable | undefined): Promise<void> =>
  new Promise(resolve => {
    if (!stream || stream.destroyed || stream.writableFinished) return resolve()
    stream.once('finish', () => resolve()).once('close', () => resolve())
    if (!stream.writableEnded) stream.end()
  })

/** Resolves when the outputs are flushed and the status is written. Never rejects. */
export async function runRemoteCommand(command: RemoteCommand, client: RemoteStreams): Promise<void> {
  const { stdin, stdout, stderr, resize, signal } = client
  const streams: ExecStreams = { stdin, stdout, stderr, tty: command.options.tty ?? false, signal }
  if (resize) streams.resize = readTerminalSizes(resize)
  let status: ExecStatus
  try {
    status = await run(command, streams)
  } catch (error) {
    const doing = command.subresource === 'exec' ? 'executing command in' : 'attaching to'
    status = execFailure(`error ${doing} container`, error)
  }
  // The client takes the status for the end: all output goes before it.
  await Promise.all([endOf(stdout), endOf(stderr)])
  if (!signal.aborted) await client.writeStatus(status).catch(() => {})
}
