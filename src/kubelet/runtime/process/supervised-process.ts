/** The main process of a sandbox or container from this side of its pipes: its output, its end, signals to it; also when an earlier minik8s started it. */
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../../../machinery/clock.js'
import { RuntimeError } from '../runtime.js'
import type { CallFailure, Launcher } from './kernel/launcher.js'
import { startLauncher } from './kernel/run-launcher.js'
import type { LogFile, OutputStream } from './log-file.js'
import { type PipeFactory, readPipe, writePipe } from './pipes.js'
import { startTicksOf } from './record.js'
import { type ProcessEnd, pipeNames, readEnd } from './supervised-launch.js'

export interface SupervisedOptions {
  directory: string
  clock: Clock
  /** Absent for a sandbox, which says nothing. */
  log?: LogFile
  stdin: boolean
  /** Where processes may outlive the main one and hold its output: then nobody waits for the end of it. */
  sharesProcesses: boolean
}

type OutputListener = (stream: OutputStream, chunk: Buffer) => void

/** Of a process that nobody waited for: the machine was started again. As containerd says. */
const unknownEnd = (finishedAt: number): ProcessEnd => ({ exitCode: 255, finishedAt })
const endRecordSize = 24
const lastWordsMs = 500

export class SupervisedProcess {
  readonly #options: SupervisedOptions
  readonly #listeners = new Set<OutputListener>()
  #exit: Socket | undefined
  #input: Socket | undefined
  #outputs: Promise<void>[] = []
  #sockets: Socket[] = []
  #ended: ((end: ProcessEnd) => void) | undefined
  #process: { pid: number; startTicks: string } | undefined
  /** How it ended, once its last words are in the log. */
  readonly ended: Promise<ProcessEnd>

  constructor(options: SupervisedOptions) {
    this.#options = options
    this.ended = new Promise(resolve => {
      this.#ended = resolve
    })
  }

  get process(): { pid: number; startTicks: string } | undefined {
    return this.#process
  }

  #path(name: keyof typeof pipeNames): string {
    return join(this.#options.directory, pipeNames[name])
  }

  async makePipes(pipes: PipeFactory): Promise<void> {
    const { log, stdin } = this.#options
    const names: (keyof typeof pipeNames)[] = ['exit', 'ack', ...(log ? (['out', 'err'] as const) : [])]
    if (stdin) names.push('in')
    await Promise.all(names.map(name => pipes.place(this.#path(name))))
  }

  #open(): void {
    this.#exit = readPipe(this.#path('exit'))
    if (this.#options.stdin) this.#input = writePipe(this.#path('in'))
    this.#input?.on('error', () => {})
    if (!this.#options.log) return
    for (const [name, stream] of [
      ['out', 'stdout'],
      ['err', 'stderr'],
    ] as const) {
      const socket = readPipe(this.#path(name))
      this.#sockets.push(socket)
      this.#outputs.push(this.#collect(socket, stream))
    }
  }

  async #collect(socket: Socket, stream: OutputStream): Promise<void> {
    try {
      for await (const chunk of socket) {
        for (const listener of this.#listeners) listener(stream, chunk as Buffer)
        await this.#options.log?.append(stream, chunk as Buffer)
      }
    } catch {
      // It was closed from this side.
    }
  }

  /** Starts it; `launcherDirectory` is for the launcher's file. Rejects with `explain` of what failed. */
  async start(
    launcher: Launcher,
    launcherDirectory: string,
    explain: (failures: readonly CallFailure[], all: readonly CallFailure[]) => string,
  ): Promise<void> {
    this.#open()
    const { child, report } = startLauncher(launcher, launcherDirectory, ['ignore', 'ignore', 'ignore', 'pipe'])
    child.unref()
    const pid = readPid(child.stdio[4] as Socket)
    const failed = await report
    if (failed.length > 0) {
      this.#acknowledge()
      await this.close()
      throw new RuntimeError('cannot-run', explain(launcher.failures(failed), launcher.failures(failed, true)))
    }
    const number = await pid
    this.#process = { pid: number, startTicks: (await startTicksOf(number)) ?? '' }
    void this.#watch()
  }

  /** Goes on with one that an earlier minik8s started; false when it is gone without having told how it ended. */
  async adopt(known: { pid: number; startTicks: string } | undefined): Promise<boolean> {
    this.#process = known
    if (!this.#isHeld()) return false
    this.#open()
    void this.#watch()
    return true
  }

  /** Its parent has this pipe open for as long as it lives. */
  #isHeld(): boolean {
    try {
      closeSync(openSync(this.#path('ack'), constants.O_WRONLY | constants.O_NONBLOCK))
      return true
    } catch {
      return false
    }
  }

  async #watch(): Promise<void> {
    const chunks: Buffer[] = []
    let size = 0
    try {
      for await (const chunk of this.#exit!) {
        chunks.push(chunk as Buffer)
        size += (chunk as Buffer).length
        if (size >= endRecordSize) break
      }
    } catch {
      // Closed from this side: nobody asks any more.
      if (this.#closed) return
    }
    if (this.#closed) return
    const end = size >= endRecordSize ? readEnd(Buffer.concat(chunks)) : unknownEnd(this.#options.clock.now())
    this.#acknowledge()
    await this.#lastWords()
    await this.#options.log?.end()
    this.#finish()
    this.#ended?.(end)
  }

  /** Pipes end with their last writer; a process that the main one left behind may hold them for ever. */
  async #lastWords(): Promise<void> {
    const all = Promise.all(this.#outputs)
    if (!this.#options.sharesProcesses) {
      await all
      return
    }
    await Promise.race([all, new Promise(resolve => setTimeout(resolve, lastWordsMs).unref())])
  }

  #acknowledge(): void {
    try {
      const fd = openSync(this.#path('ack'), constants.O_WRONLY | constants.O_NONBLOCK)
      writeSync(fd, '.')
      closeSync(fd)
    } catch {
      // It is gone already.
    }
  }

  #closed = false

  #finish(): void {
    this.#closed = true
    for (const socket of [this.#exit, this.#input, ...this.#sockets]) socket?.destroy()
  }

  /** Stops listening; the process goes on. */
  async close(): Promise<void> {
    this.#finish()
    await Promise.all(this.#outputs)
  }

  /** Calls back with output from now on. */
  onOutput(listener: OutputListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Where its standard input is written to. */
  get input(): Socket | undefined {
    return this.#input
  }

  /** False when it is gone. */
  async signal(signal: NodeJS.Signals | number): Promise<boolean> {
    const { pid, startTicks } = this.#process ?? {}
    if (!pid || !startTicks || (await startTicksOf(pid)) !== startTicks) return false
    try {
      process.kill(pid, signal)
      return true
    } catch {
      return false
    }
  }
}

/** The first eight bytes are a process id. The pipe is read no further. */
function readPid(socket: Socket): Promise<number> {
  socket.unref()
  return new Promise(resolve => {
    const chunks: Buffer[] = []
    socket.on('error', () => {})
    socket.on('data', chunk => {
      chunks.push(chunk)
      const all = Buffer.concat(chunks)
      if (all.length >= 8) resolve(Number(all.readBigInt64LE(0)))
    })
    socket.once('close', () => resolve(0))
  })
}
