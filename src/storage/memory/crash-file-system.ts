/** A disk in memory that forgets on a crash whatever was not synced; for tests and simulations. */
import type { Random } from '../../machinery/clock.js'
import type { AppendFile, FileSystem, ReadFile } from './file-system.js'

interface Inode {
  bytes: Uint8Array
  /** Of the bytes, as many as the disk has for certain. */
  synced: number
}

const systemError = (code: string, path: string): Error => Object.assign(new Error(`${code}: ${path}`), { code })

/** What goes wrong, and when. `power-loss` stops the write half way; nothing works any more until `restart`. */
export type Fault = 'power-loss' | 'EIO' | 'ENOSPC'

export class CrashFileSystem implements FileSystem {
  readonly #random: Random
  /** What programs see. */
  #names = new Map<string, Inode>()
  /** What the disk has: names as of the last sync of their directory. */
  #durableNames = new Map<string, Inode>()
  #down = false
  #writesUntilFault = Number.POSITIVE_INFINITY
  #fault: Fault = 'power-loss'
  /** Durable operations so far: tests choose a point to fail at. */
  writes = 0
  /** Names that cannot be opened for writing: a disk that is full for them. */
  refuses: (path: string) => boolean = () => false

  constructor(random: Random) {
    this.#random = random
  }

  /** The nth durable operation from now on fails (1: the next). */
  failAfter(writes: number, fault: Fault): void {
    this.#writesUntilFault = writes
    this.#fault = fault
  }

  /** Power is cut and comes back: of unsynced bytes a random part is left, some of its sectors zero; unsynced names are lost. */
  restart(): void {
    this.#down = false
    this.#writesUntilFault = Number.POSITIVE_INFINITY
    for (const inode of this.#durableNames.values()) this.#loseUnsynced(inode)
    this.#names = new Map(this.#durableNames)
  }

  /** The file's bytes as programs see them; undefined when it is missing. */
  read(path: string): Uint8Array | undefined {
    return this.#names.get(path)?.bytes
  }

  /** Changes a file behind everybody's back: bit rot, a cut tail. */
  corrupt(path: string, bytes: Uint8Array): void {
    const inode = { bytes, synced: bytes.length }
    this.#names.set(path, inode)
    this.#durableNames.set(path, inode)
  }

  async makeDirectory(): Promise<void> {}

  async list(path: string): Promise<string[]> {
    const prefix = `${path}/`
    return [...this.#names.keys()].filter(name => name.startsWith(prefix)).map(name => name.slice(prefix.length))
  }

  async openAppend(path: string, { durable = false } = {}): Promise<AppendFile> {
    this.#checkPower()
    if (this.refuses(path)) throw systemError('ENOSPC', path)
    const inode = this.#names.get(path) ?? { bytes: new Uint8Array(), synced: 0 }
    this.#names.set(path, inode)
    const sync = async () => {
      this.#step()
      inode.synced = inode.bytes.length
    }
    return {
      get size() {
        return inode.bytes.length
      },
      append: async bytes => {
        this.#checkPower()
        inode.bytes = Buffer.concat([inode.bytes, bytes])
        if (durable) await sync()
      },
      sync,
      close: async () => {},
    }
  }

  async openRead(path: string): Promise<ReadFile> {
    const { bytes } = this.#inode(path)
    return {
      size: bytes.length,
      async read(buffer, position) {
        const part = bytes.subarray(position, position + buffer.length)
        buffer.set(part)
        return part.length
      },
      close: async () => {},
    }
  }

  async truncate(path: string, size: number): Promise<void> {
    this.#step()
    const inode = this.#inode(path)
    inode.bytes = inode.bytes.slice(0, size)
    inode.synced = size
  }

  async rename(from: string, to: string): Promise<void> {
    this.#step()
    this.#names.set(to, this.#inode(from))
    this.#names.delete(from)
  }

  async remove(path: string): Promise<void> {
    this.#step()
    this.#names.delete(path)
  }

  async syncDirectory(path: string): Promise<void> {
    this.#step()
    const within = (name: string) => name.startsWith(`${path}/`)
    for (const name of this.#durableNames.keys()) if (within(name)) this.#durableNames.delete(name)
    for (const [name, inode] of this.#names) if (within(name)) this.#durableNames.set(name, inode)
  }

  async createExclusive(path: string, text: string): Promise<void> {
    if (this.#names.has(path)) throw systemError('EEXIST', path)
    this.#names.set(path, { bytes: Buffer.from(text), synced: 0 })
  }

  async readText(path: string): Promise<string | undefined> {
    const bytes = this.#names.get(path)?.bytes
    return bytes && Buffer.from(bytes).toString()
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (!inode) throw systemError('ENOENT', path)
    return inode
  }

  #checkPower(): void {
    if (this.#down) throw systemError('EIO', 'the power is off')
  }

  #step(): void {
    this.#checkPower()
    this.writes++
    if (--this.#writesUntilFault > 0) return
    this.#down = true
    throw systemError(this.#fault === 'power-loss' ? 'EIO' : this.#fault, 'injected fault')
  }

  #loseUnsynced(inode: Inode): void {
    const unsynced = inode.bytes.length - inode.synced
    const kept = inode.bytes.slice(0, inode.synced + Math.floor(this.#random.next() * (unsynced + 1)))
    for (let start = inode.synced; start < kept.length; ) {
      const end = Math.min(kept.length, start + 512 - (start % 512))
      if (this.#random.next() < 0.2) kept.fill(0, start, end)
      start = end
    }
    inode.bytes = kept
    inode.synced = kept.length
  }
}
