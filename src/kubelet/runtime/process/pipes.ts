/** Named pipes: what a process writes survives the end of whoever reads, and its standard output can be opened again by path, as programs do. */
import { constants, openSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { Launcher } from './kernel/launcher.js'
import { runLauncher } from './kernel/run-launcher.js'
import { atWorkingDirectory, fileTypes } from './kernel/system-calls.js'

const batchSize = 32
const mode = 0o600

/** Makes pipes ahead of need, many with one start of a process. */
export class PipeFactory {
  readonly #directory: string
  #ready: string[] = []
  #making: Promise<void> | undefined
  #sequence = 0

  /** What is in `directory` goes with whoever empties it. */
  constructor(directory: string) {
    this.#directory = directory
  }

  async #make(): Promise<void> {
    const paths = Array.from({ length: batchSize }, () => join(this.#directory, `${process.pid}-${++this.#sequence}`))
    const launcher = new Launcher()
    for (const path of paths) launcher.call('mknodat', [atWorkingDirectory, path, fileTypes.fifo | mode, 0])
    await runLauncher(launcher, this.#directory)
    this.#ready.push(...paths)
  }

  /** Path of a pipe that nobody else has. */
  async take(): Promise<string> {
    while (this.#ready.length === 0) {
      this.#making ??= this.#make().finally(() => {
        this.#making = undefined
      })
      await this.#making
    }
    return this.#ready.pop()!
  }

  /** One at that path. */
  async place(path: string): Promise<void> {
    await rename(await this.take(), path)
  }

  async discard(path: string): Promise<void> {
    await rm(path, { force: true })
  }
}

/** What comes out of it; ends when its last writer is gone. May be opened before there is a writer. */
export function readPipe(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  return new Socket({ fd, readable: true, writable: false }).unref()
}

/** To write into it; whoever reads sees the end once this, and every other writer, is closed. May be opened before there is a reader. */
export function writePipe(path: string): Socket {
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
  return new Socket({ fd, readable: false, writable: true }).unref()
}
