/** A log file that is put aside when it is full: old ones are kept by count and age, under names that say when they ended. */
import {
  chmodSync,
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

export interface RotatingFileOptions {
  path: string
  /** A file that would grow longer is put aside. */
  maxBytes: number
  /** How many that were put aside are kept; 0: all. */
  maxBackups: number
  /** How old they may become, in milliseconds; 0: as old as they like. */
  maxAge: number
  /** Milliseconds since the epoch. */
  now(): number
}

const privateMode = 0o600

/** Written at once and in order: what has been written outlives the process. */
export class RotatingFile {
  readonly #options: RotatingFileOptions
  readonly #stem: string
  readonly #extension: string
  #file: number
  #size: number

  /** Goes on with a file that is there. Throws where it cannot be opened. */
  constructor(options: RotatingFileOptions) {
    this.#options = options
    this.#extension = extname(options.path)
    this.#stem = basename(options.path, this.#extension)
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o744 })
    this.#file = openSync(options.path, 'a', privateMode)
    this.#size = fstatSync(this.#file).size
  }

  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#size && this.#size + bytes.length > this.#options.maxBytes) this.#rotate()
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
    this.#size += bytes.length
  }

  #rotate(): void {
    const { path, now } = this.#options
    const time = new Date(now()).toISOString().slice(0, 23).replaceAll(':', '-')
    closeSync(this.#file)
    renameSync(path, join(dirname(path), `${this.#stem}-${time}${this.#extension}`))
    this.#file = openSync(path, 'a', privateMode)
    chmodSync(path, privateMode)
    this.#size = 0
    this.#dropOld()
  }

  /** Newest first. Names that are not ours are left alone. */
  #backups(): { name: string; at: number }[] {
    const { path } = this.#options
    const start = `${this.#stem}-`
    return readdirSync(dirname(path))
      .filter(name => name.startsWith(start) && name.endsWith(this.#extension))
      .map(name => {
        const time = name.slice(start.length, name.length - this.#extension.length)
        return { name, at: Date.parse(`${time.slice(0, 11)}${time.slice(11).replaceAll('-', ':')}Z`) }
      })
      .filter(({ at }) => !Number.isNaN(at))
      .sort((a, b) => b.at - a.at)
  }

  #dropOld(): void {
    const { path, maxBackups, maxAge, now } = this.#options
    const oldest = now() - maxAge
    for (const [i, { name, at }] of this.#backups().entries())
      if ((maxBackups && i >= maxBackups) || (maxAge && at < oldest)) rmSync(join(dirname(path), name), { force: true })
  }
}
