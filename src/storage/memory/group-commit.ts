/** Group commit: writes that arrive while the disk is busy, or in one turn of the loop, share the next durable write. */
import type { LogRecord } from './record.js'

/** Where batches go; resolves when durable. */
export interface BatchSink {
  append(records: readonly LogRecord[]): Promise<void>
}

interface Waiting {
  record: LogRecord
  resolve(): void
  reject(error: Error): void
}

/** One frame of at most this many bytes of values: a batch is also what recovery must hold in memory at once. */
const maxBatchBytes = 8 << 20

export interface GroupCommitOptions {
  sink: BatchSink
  /** Runs after each batch with nothing in flight; the place to begin a snapshot. */
  afterBatch?(): Promise<void>
  /** The disk failed: what was written is unknown. Nothing is acknowledged from here on. */
  onFatal(error: Error): void
}

export class GroupCommit {
  readonly #options: GroupCommitOptions
  /** Set by the engine; runs when a batch is durable, before its writers are told. */
  onDurable: (records: readonly LogRecord[]) => void = () => {}
  #queue: Waiting[] = []
  #running: Promise<void> | undefined
  #failure: Error | undefined

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Resolves when durable. Rejects, for every write from then on, once the disk has failed. */
  add(record: LogRecord): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    return new Promise((resolve, reject) => {
      this.#queue.push({ record, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits for what is on its way. */
  async close(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length && !this.#failure) {
      // Requests of one turn of the loop, and writers that the last batch released, come together here.
      await new Promise(resolve => setImmediate(resolve))
      await this.#commitBatch(this.#takeBatch())
    }
    this.#running = undefined
  }

  async #commitBatch(batch: readonly Waiting[]): Promise<void> {
    const records = batch.map(w => w.record)
    try {
      await this.#options.sink.append(records)
    } catch (error) {
      this.#fail(error as Error, batch)
      return
    }
    this.onDurable(records)
    for (const { resolve } of batch) resolve()
    try {
      await this.#options.afterBatch?.()
    } catch (error) {
      this.#fail(error as Error, [])
    }
  }

  #takeBatch(): Waiting[] {
    let bytes = 0
    const end = this.#queue.findIndex(({ record }, i) => {
      bytes += record.current?.bytes.length ?? 0
      return i > 0 && bytes > maxBatchBytes
    })
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end)
  }

  #fail(cause: Error, batch: readonly Waiting[]): void {
    this.#failure = new Error(`the store could not write to its log: ${cause.message}`, { cause })
    for (const { reject } of [...batch, ...this.#queue]) reject(this.#failure)
    this.#queue = []
    this.#options.onFatal(this.#failure)
  }
}
