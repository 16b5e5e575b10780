/** The part of etcd's v3 API that is used here: https://etcd.io/docs/v3.6/dev-guide/api_reference_v3/. Zeros are absent. */
import { defineMessage } from './wire-message.js'

export interface KeyValue {
  key: string
  createRevision?: number
  modRevision?: number
  /** How often it was written since it was created. */
  version?: number
  value?: Buffer
}

export interface Header {
  revision?: number
}

export interface RangeRequest {
  key: string
  /** The first key behind the range; absent: one key. */
  rangeEnd?: string
  limit?: number
  revision?: number
  countOnly?: boolean
}

export interface RangeResponse {
  header: Header
  kvs?: KeyValue[]
  more?: boolean
  /** In the whole range, whatever the limit. */
  count?: number
}

export interface PutRequest {
  key: string
  value: Uint8Array
  lease?: number | bigint
}

export interface DeleteRequest {
  key: string
  prevKv: true
}

/** Of a key: the condition of a transaction. */
export interface Compare {
  key: string
  target: 'version' | 'mod'
  value: number
}

/** One of them. */
export interface Operation {
  range?: RangeRequest
  put?: PutRequest
  delete?: DeleteRequest
}

interface OperationResult {
  range?: RangeResponse
  delete?: { prevKvs?: KeyValue[] }
}

export interface TxnResponse {
  header: Header
  succeeded?: boolean
  responses?: OperationResult[]
}

export interface WatchCreate {
  key: string
  rangeEnd: string
  /** The first revision to hear of. */
  startRevision: number
  progressNotify: true
  prevKv: true
}

/** `deleted`: then `kv` has nothing but the key and the revision. */
export interface WatchedEvent {
  deleted?: number
  kv: KeyValue
  prevKv?: KeyValue
}

export interface WatchResponse {
  header: Header
  created?: boolean
  canceled?: boolean
  /** Of a watch that was cancelled because it began before the compaction. */
  compactRevision?: number
  cancelReason?: string
  events?: WatchedEvent[]
}

const header = defineMessage({ revision: [3, 'int'] })
const keyValue = defineMessage({
  key: [1, 'key'],
  createRevision: [2, 'int'],
  modRevision: [3, 'int'],
  version: [4, 'int'],
  value: [5, 'bytes'],
})

export const rangeRequest = defineMessage({
  key: [1, 'key'],
  rangeEnd: [2, 'key'],
  limit: [3, 'int'],
  revision: [4, 'int'],
  countOnly: [9, 'bool'],
})
export const rangeResponse = defineMessage({
  header: [1, header],
  kvs: [2, keyValue, 'repeated'],
  more: [3, 'bool'],
  count: [4, 'int'],
})

const putRequest = defineMessage({ key: [1, 'key'], value: [2, 'bytes'], lease: [3, 'int'] })
const deleteRequest = defineMessage({ key: [1, 'key'], prevKv: [3, 'bool'] })
const deleteResponse = defineMessage({ prevKvs: [3, keyValue, 'repeated'] })

const compare = defineMessage({ target: [2, 'int'], key: [3, 'key'], version: [4, 'int'], modRevision: [6, 'int'] })
const targets = { version: 0, mod: 2 } as const

/** Equality is the zero of results, which is absent. */
export const compareMessage = ({ key, target, value }: Compare): object => ({
  key,
  target: targets[target],
  ...(target === 'mod' ? { modRevision: value } : { version: value }),
})

const operation = defineMessage({ range: [1, rangeRequest], put: [2, putRequest], delete: [3, deleteRequest] })
const operationResult = defineMessage({ range: [1, rangeResponse], delete: [3, deleteResponse] })
export const txnRequest = defineMessage({
  compare: [1, compare, 'repeated'],
  success: [2, operation, 'repeated'],
  failure: [3, operation, 'repeated'],
})
export const txnResponse = defineMessage({
  header: [1, header],
  succeeded: [2, 'bool'],
  responses: [3, operationResult, 'repeated'],
})

export const compactionRequest = defineMessage({ revision: [1, 'int'] })
export const headerOnly = defineMessage({ header: [1, header] })

export const leaseGrantRequest = defineMessage({ ttl: [1, 'int'] })
export const leaseGrantResponse = defineMessage({ id: [2, 'int'] })

const watchCreate = defineMessage({
  key: [1, 'key'],
  rangeEnd: [2, 'key'],
  startRevision: [3, 'int'],
  progressNotify: [4, 'bool'],
  prevKv: [6, 'bool'],
})
export const watchRequest = defineMessage({ create: [1, watchCreate], progress: [3, defineMessage({})] })
const event = defineMessage({ deleted: [1, 'int'], kv: [2, keyValue], prevKv: [3, keyValue] })
export const watchResponse = defineMessage({
  header: [1, header],
  created: [3, 'bool'],
  canceled: [4, 'bool'],
  compactRevision: [5, 'int'],
  cancelReason: [6, 'key'],
  events: [11, event, 'repeated'],
})
