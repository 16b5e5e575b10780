/** Follows all changes below a prefix of etcd: in order, none missing, none twice, across lost connections and members. */
import type { Clock, Timer } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { EtcdClient } from './etcd-client.js'
import type { GrpcStream } from './grpc.js'
import { type WatchCreate, type WatchedEvent, type WatchResponse, watchRequest, watchResponse } from './rpc.js'
import { decodeMessage, encodeFrame } from './wire-message.js'

export interface FollowerOptions {
  client: EtcdClient
  clock: Clock
  log: Logger
  key: string
  rangeEnd: string
  /** Events of whole revisions, in order. */
  onEvents(events: readonly WatchedEvent[]): void
  /** Everything up to the revision has been told. */
  onProgress(revision: number): void
  /** What came next is compacted already: begin anew at a later revision. */
  onGap(compacted: number): void
}

/** Milliseconds between attempts. */
const firstPause = 20
const longestPause = 1000

const progressFrame = encodeFrame(watchRequest, { progress: {} })

export class Follower {
  readonly #options: FollowerOptions
  #stream: GrpcStream | undefined
  #revision = 0
  #pause = firstPause
  #retry: Timer | undefined
  #stopped = false

  constructor(options: FollowerOptions) {
    this.#options = options
  }

  /** Tells what happens after that revision. Also begins anew. */
  start(after: number): void {
    this.#revision = after
    this.#retry?.cancel()
    this.#connect()
  }

  /** Asks how far this watch is; the answer comes by `onProgress`, none while it lags behind. */
  requestProgress(): void {
    this.#stream?.send(progressFrame)
  }

  stop(): void {
    this.#stopped = true
    this.#retry?.cancel()
    this.#stream?.close()
  }

  #connect(): void {
    const { client, key, rangeEnd, log } = this.#options
    this.#stream?.close()
    const stream: GrpcStream = client.watch({
      onMessage: message => {
        if (this.#stream === stream) this.#take(decodeMessage<WatchResponse>(watchResponse, message))
      },
      onEnd: error => {
        if (this.#stopped || this.#stream !== stream) return
        log.warn({ endpoint: client.endpoint, error: error?.message }, 'The watch of etcd ended; it is begun again')
        client.turnAway()
        this.#again()
      },
    })
    this.#stream = stream
    const create: WatchCreate = {
      key,
      rangeEnd,
      startRevision: this.#revision + 1,
      progressNotify: true,
      prevKv: true,
    }
    stream.send(encodeFrame(watchRequest, { create }))
  }

  #again(): void {
    this.#stream = undefined
    this.#retry = this.#options.clock.after(this.#pause, () => this.#connect())
    this.#pause = Math.min(this.#pause * 2, longestPause)
  }

  #take({ header, created, canceled, compactRevision, cancelReason, events }: WatchResponse): void {
    const { log, onEvents, onProgress, onGap } = this.#options
    if (canceled) {
      this.#stream?.close()
      this.#stream = undefined
      if (compactRevision) onGap(compactRevision)
      else {
        log.warn({ reason: cancelReason }, 'etcd ended the watch; it is begun again')
        this.#again()
      }
      return
    }
    this.#pause = firstPause
    // The revision of a creation's header says nothing about what this watch has seen.
    if (created) return
    if (events?.length) {
      this.#revision = events.at(-1)!.kv.modRevision ?? 0
      onEvents(events)
    } else if ((header.revision ?? 0) >= this.#revision) {
      this.#revision = header.revision ?? 0
      onProgress(this.#revision)
    }
  }
}
