/** A request to the API as data, free of HTTP: what the in-process client sends and the HTTP layer parses into. */
import type { AnyObject, ObjectList } from './object-meta.js'
import type { Status } from './status-error.js'

export interface UserInfo {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

export type PatchType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml'

export type ResourceVersionMatch = 'Exact' | 'NotOlderThan' | ''

/** Query parameters of list and watch, decoded. Absent means not given. */
export interface ListOptions {
  labelSelector?: string
  fieldSelector?: string
  limit?: number
  continue?: string
  resourceVersion?: string
  resourceVersionMatch?: ResourceVersionMatch
  timeoutSeconds?: number
  allowWatchBookmarks?: boolean
  sendInitialEvents?: boolean
}

export interface DeleteOptions {
  gracePeriodSeconds?: number
  propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  orphanDependents?: boolean
  preconditions?: { uid?: string; resourceVersion?: string }
  dryRun?: readonly string[]
}

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** Query parameters of create, update and patch. */
export interface WriteOptions {
  dryRun?: boolean
  fieldManager?: string
  fieldValidation?: FieldValidation
  force?: boolean
}

export type RequestVerb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection'

export interface ApiRequest {
  verb: RequestVerb
  group: string
  version: string
  /** Plural. */
  resource: string
  /** `''` for the object itself. */
  subresource?: string
  namespace?: string
  name?: string
  user: UserInfo
  /** Names the manager of written fields where no fieldManager does: what comes before its first slash. */
  userAgent?: string
  list?: ListOptions
  write?: WriteOptions
  delete?: DeleteOptions
  /** Object for create and update; patch document for patch. The callee owns it. */
  body?: unknown
  patchType?: PatchType
  /** Ends a watch. */
  signal?: AbortSignal
  /** Collects warnings for the client. */
  warn?(message: string): void
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

export interface WatchEvent<T = AnyObject> {
  type: WatchEventType
  object: T
}

export type ApiResponse =
  | { code: number; object: AnyObject | Status }
  | { code: number; list: ObjectList<AnyObject> }
  | { code: number; events: AsyncIterable<WatchEvent> }

/** Answers requests, or throws a StatusError. Returned objects are shared: never change them. */
export type ApiHandler = (request: ApiRequest) => Promise<ApiResponse>
