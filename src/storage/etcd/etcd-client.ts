/** Calls of etcd's API on whichever of its members answers. */
import type { Clock } from '../../machinery/clock.js'
import { GrpcChannel, GrpcError, type GrpcStream, type GrpcTls, grpcCodes, type StreamEvents } from './grpc.js'
import * as rpc from './rpc.js'
import { decodeMessage, encodeFrame, type Message } from './wire-message.js'

/** How long a call may take in all, other members included, and how long one member has. Milliseconds. */
const patience = 10_000
const memberPatience = 5_000
const longestPause = 500

export interface EtcdClientOptions {
  /** `http://host:port` or `https://…` of each member. */
  endpoints: readonly string[]
  tls?: GrpcTls
  clock: Clock
}

interface Call {
  method: string
  request: Message
  response: Message
  /** May be sent again when nobody knows whether it has arrived. */
  repeatable: boolean
}

const calls = {
  range: {
    method: '/etcdserverpb.KV/Range',
    request: rpc.rangeRequest,
    response: rpc.rangeResponse,
    repeatable: true,
  },
  txn: { method: '/etcdserverpb.KV/Txn', request: rpc.txnRequest, response: rpc.txnResponse, repeatable: false },
  compact: {
    method: '/etcdserverpb.KV/Compact',
    request: rpc.compactionRequest,
    response: rpc.headerOnly,
    repeatable: true,
  },
  grant: {
    method: '/etcdserverpb.Lease/LeaseGrant',
    request: rpc.leaseGrantRequest,
    response: rpc.leaseGrantResponse,
    repeatable: true,
  },
} satisfies Record<string, Call>

export interface Transaction {
  /** All must hold. */
  compare?: readonly rpc.Compare[]
  success: readonly rpc.Operation[]
  failure?: readonly rpc.Operation[]
}

export class EtcdClient {
  readonly #clock: Clock
  readonly #channels: readonly GrpcChannel[]
  /** Calls go to one member until it fails. */
  #current = 0
  #closed = false

  constructor({ endpoints, tls, clock }: EtcdClientOptions) {
    this.#clock = clock
    this.#channels = endpoints.map(url => new GrpcChannel({ url, clock, ...(tls && { tls }) }))
  }

  /** Linearizable. */
  range(request: rpc.RangeRequest): Promise<rpc.RangeResponse> {
    return this.#call<rpc.RangeResponse>(calls.range, request)
  }

  /** One revision, all or nothing. When it throws with `sent`, nobody knows which. */
  transact({ compare = [], success, failure = [] }: Transaction): Promise<rpc.TxnResponse> {
    const request = { compare: compare.map(rpc.compareMessage), success, failure }
    return this.#call<rpc.TxnResponse>(calls.txn, request)
  }

  async compact(revision: number): Promise<void> {
    await this.#call(calls.compact, { revision })
  }

  /** Resolves with the id of a lease of so many seconds. */
  async grantLease(ttl: number): Promise<number | bigint> {
    const { id } = await this.#call<{ id?: number | bigint }>(calls.grant, { ttl })
    return id ?? 0
  }

  /** A stream of watches on the member that calls go to. */
  watch(events: StreamEvents): GrpcStream {
    return this.#channels[this.#current]!.stream('/etcdserverpb.Watch/Watch', events)
  }

  /** The member's name, for logs. */
  get endpoint(): string {
    return this.#channels[this.#current]!.url
  }

  /** The member that calls go to has failed: to the next one. */
  turnAway(): void {
    this.#current = (this.#current + 1) % this.#channels.length
  }

  close(): void {
    this.#closed = true
    for (const channel of this.#channels) channel.close()
  }

  async #call<T extends object>({ method, request, response, repeatable }: Call, values: object): Promise<T> {
    const frame = encodeFrame(request, values)
    const end = this.#clock.monotonic() + patience
    for (let pause = 20; ; pause = Math.min(pause * 2, longestPause)) {
      const channel = this.#channels[this.#current]!
      try {
        return decodeMessage<T>(response, await channel.call(method, frame, memberPatience))
      } catch (error) {
        const { monotonic } = this.#clock
        if (this.#closed || !isPassing(error) || (error.sent && !repeatable) || monotonic() + pause > end) throw error
        if (channel === this.#channels[this.#current]) this.turnAway()
        await new Promise<void>(resolve => {
          this.#clock.after(pause, resolve)
        })
      }
    }
  }
}

/** Another member, or the same one a moment later, may do better. */
const isPassing = (error: unknown): error is GrpcError =>
  error instanceof GrpcError && (error.code === grpcCodes.unavailable || error.code === grpcCodes.deadlineExceeded)

/** etcd's words for revisions that it cannot serve. */
export function revisionErrorOf(error: unknown): 'compacted' | 'future' | undefined {
  if (!(error instanceof GrpcError) || error.code !== grpcCodes.outOfRange) return undefined
  return error.message.includes('compacted') ? 'compacted' : 'future'
}
