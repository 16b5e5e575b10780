/** What the rest of the server asks of the aggregator. */
import type { APIService } from '../../apis/generated/apiregistration-v1.js'
import type { Availability } from '../api-service-availability.js'
import type { Exchange } from '../http/exchange.js'
import type { UpgradeRequest } from '../proxy/forward-upgrade.js'
import type { RequestInfo } from '../request-info.js'
import type { OpenAnswer, RemoteAnswer, RemoteRequest } from './fetch-remote.js'
import type { RemoteVersion } from './remote-discovery.js'
import type { RemoteOpenApi } from './remote-openapi.js'
import type { RemoteService } from './remote-service.js'

/** Writes what was found out about an APIService. */
export type ReportAvailability = (apiService: APIService, found: Availability) => Promise<void>

/** A group's version that another server answers. */
export interface AggregatedVersion extends RemoteVersion {
  remote: RemoteService
}

export interface Aggregation {
  /** Changes with what is served, and with what is known of it; never goes back. */
  readonly generation: number
  /** From now on it looks after what it is told, until the signal aborts. */
  begin(report: ReportAvailability, stopping: AbortSignal): void
  /** An APIService as it is stored now. */
  take(apiService: APIService): void
  /** An APIService is gone, or none of another server's any more. */
  forget(name: string): void
  /** Who answers the request, if not this server. */
  find(info: Pick<RequestInfo, 'isResource' | 'group' | 'version' | 'path'>): RemoteService | undefined
  /** All that other servers answer. */
  versions(): readonly AggregatedVersion[]
  /** Answers an authorized request. */
  serve(exchange: Exchange, remote: RemoteService): Promise<void>
  /** The same for a connection that is to be upgraded; resolves when it has ended. */
  upgrade(exchange: Exchange, upgrade: UpgradeRequest, remote: RemoteService): Promise<void>
  /** Their OpenAPI documents; undefined where there is no such server. */
  openApi(): Promise<RemoteOpenApi> | undefined
  /** Who has the OpenAPI document that a path asks for, if not this server. */
  findDocument(info: RequestInfo): Promise<RemoteService | undefined>
  /** Reads a document of the server, for this one. Rejects with an Error in Go's words when it cannot be reached. */
  fetch(remote: RemoteService, request: RemoteRequest): Promise<RemoteAnswer>
  /** The same for an answer that goes on; the connection ends with it, or when the signal aborts. */
  open(remote: RemoteService, request: RemoteRequest, signal?: AbortSignal): Promise<OpenAnswer>
}
