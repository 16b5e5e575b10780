/** The output of a container on disk, as CRI has it: `<time> <stream> <F|P> <text>`, a line each, rotated as upstream rotates. */
import { type FileHandle, open, rename } from 'node:fs/promises'
import type { Clock } from '../../../machinery/clock.js'

export type OutputStream = 'stdout' | 'stderr'

/** Upstream rotates at 10 MiB and keeps five files. */
const rotateAtBytes = 10 * 1024 * 1024
const keptFiles = 5
/** A line longer than that is told in parts, as containerd does. */
const longestPart = 16 * 1024
const newline = 10

/** Oldest first. */
export const logPaths = (path: string): string[] => [
  ...Array.from({ length: keptFiles - 1 }, (_, i) => `${path}.${keptFiles - 1 - i}`),
  path,
]

/** RFC 3339 with nanoseconds; the clock knows milliseconds. Later lines never have an earlier time. */
const stamp = (ms: number) => `${new Date(ms).toISOString().slice(0, 23)}000000Z`

export class LogFile {
  readonly path: string
  readonly #clock: Clock
  readonly #rest: Record<OutputStream, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) }
  readonly #listeners = new Set<() => void>()
  #file: FileHandle | undefined
  #size = 0
  #turn: Promise<void> = Promise.resolve()
  /** No more will come. */
  ended = false
  /** Times rotated: readers that follow notice. */
  generation = 0

  constructor(path: string, clock: Clock) {
    this.path = path
    this.#clock = clock
  }

  /** Calls back after something was added, or at the end. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Resolves when it is on its way to the disk. */
  append(stream: OutputStream, chunk: Buffer): Promise<void> {
    const data = this.#rest[stream].length > 0 ? Buffer.concat([this.#rest[stream], chunk]) : chunk
    const parts: Buffer[] = []
    const head = `${stamp(this.#clock.now())} ${stream} `
    let from = 0
    for (;;) {
      const end = data.indexOf(newline, from)
      const stop = end < 0 ? data.length : end
      while (stop - from > longestPart) {
        parts.push(Buffer.from(`${head}P `), data.subarray(from, from + longestPart), Buffer.from('\n'))
        from += longestPart
      }
      if (end < 0) break
      parts.push(Buffer.from(`${head}F `), data.subarray(from, end + 1))
      from = end + 1
    }
    this.#rest[stream] = Buffer.from(data.subarray(from))
    return parts.length > 0 ? this.#write(Buffer.concat(parts)) : Promise.resolve()
  }

  /** Writes what had no end of line, and closes. */
  async end(): Promise<void> {
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#rest[stream]
      if (rest.length === 0) continue
      this.#rest[stream] = Buffer.alloc(0)
      const head = Buffer.from(`${stamp(this.#clock.now())} ${stream} P `)
      await this.#write(Buffer.concat([head, rest, Buffer.from('\n')]))
    }
    await this.#turn
    this.ended = true
    await this.#file?.close()
    this.#file = undefined
    this.#changed()
  }

  #write(bytes: Buffer): Promise<void> {
    this.#turn = this.#turn.then(() => this.#writeNow(bytes)).catch(() => {})
    return this.#turn
  }

  async #writeNow(bytes: Buffer): Promise<void> {
    if (!this.#file) {
      this.#file = await open(this.path, 'a', 0o640)
      this.#size = (await this.#file.stat()).size
    }
    if (this.#size > 0 && this.#size + bytes.length > rotateAtBytes) await this.#rotate()
    await this.#file.write(bytes)
    this.#size += bytes.length
    this.#changed()
  }

  async #rotate(): Promise<void> {
    await this.#file?.close()
    const paths = logPaths(this.path)
    for (let i = 1; i < paths.length; i++) await rename(paths[i]!, paths[i - 1]!).catch(() => {})
    this.#file = await open(this.path, 'a', 0o640)
    this.#size = 0
    this.generation++
  }
}
