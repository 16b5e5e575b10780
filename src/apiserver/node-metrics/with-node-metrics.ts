/**
 * metrics.k8s.io without an extension server: what the kubelets measured, for `kubectl top` and autoscalers. It is an extension like those that
 * APIServices name, answered in this process; an APIService of the user's, such as metrics-server's, takes its place.
 */

import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { APIService } from '../../apis/generated/apiregistration-v1.js'
import { StatusError } from '../../machinery/status-error.js'
import type { AggregatedVersion, Aggregation, ReportAvailability } from '../aggregation/aggregation.js'
import { convertResources } from '../aggregation/discovered-resources.js'
import type { OpenAnswer, RemoteAnswer, RemoteRequest } from '../aggregation/fetch-remote.js'
import type { RemoteOpenApi } from '../aggregation/remote-openapi.js'
import type { RemoteService } from '../aggregation/remote-service.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody } from '../http/send.js'
import type { UpgradeRequest } from '../proxy/forward-upgrade.js'
import { parseRequestInfo, type RequestInfo } from '../request-info.js'
import { methodNotAllowed, resourceNotFound } from '../verbs/verbs.js'
import { type MeasureDeps, MeasuredNodes } from './measure-nodes.js'
import { apiVersion, group, type MetricsObject, resourceList, tableOf, version } from './metrics-objects.js'

/** metrics-server's own priorities. */
const priority = 100

const own: RemoteService = {
  name: `${version}.${group}`,
  group,
  version,
  groupPriority: priority,
  versionPriority: priority,
  service: { namespace: '', name: '', port: 0 },
  tls: { serverName: '', insecure: true },
  available: true,
  apiService: {} as APIService,
}

const wantsTable = (accept = '') => /;\s*as=Table/.test(accept)

const listOf = (kind: string, items: readonly MetricsObject[]) => ({
  kind: `${kind}List`,
  apiVersion,
  metadata: {},
  items,
})

export class NodeMetricsAggregation implements Aggregation {
  readonly #inner: Aggregation
  readonly #measured: MeasuredNodes
  readonly #version: AggregatedVersion

  constructor(inner: Aggregation, deps: MeasureDeps) {
    this.#inner = inner
    this.#measured = new MeasuredNodes(deps)
    const listed = resourceList.resources.map(resource => ({ ...resource, group, version }))
    this.#version = { remote: own, resources: convertResources(listed), freshness: 'Current' }
  }

  get generation(): number {
    return this.#inner.generation
  }

  begin(report: ReportAvailability, stopping: AbortSignal): void {
    this.#inner.begin(report, stopping)
  }

  take(apiService: APIService): void {
    this.#inner.take(apiService)
  }

  forget(name: string): void {
    this.#inner.forget(name)
  }

  find(info: Parameters<Aggregation['find']>[0]): RemoteService | undefined {
    const found = this.#inner.find(info)
    if (found) return found
    const isOurs = info.isResource
      ? info.group === group && info.version === version
      : /^\/apis\/metrics\.k8s\.io\/v1beta1\/?$/.test(info.path)
    return isOurs ? own : undefined
  }

  versions(): readonly AggregatedVersion[] {
    const others = this.#inner.versions()
    return others.some(({ remote }) => remote.name === own.name) ? others : [...others, this.#version]
  }

  async serve(exchange: Exchange, remote: RemoteService): Promise<void> {
    if (remote !== own) return this.#inner.serve(exchange, remote)
    const { request, info, query } = exchange
    const value = await this.#answer(request.method ?? 'GET', info, {
      query: query ?? new URLSearchParams(),
      asTable: wantsTable(request.headers.accept),
    })
    await sendBody(exchange, 200, { contentType: 'application/json', body: JSON.stringify(value) })
  }

  async upgrade(exchange: Exchange, upgrade: UpgradeRequest, remote: RemoteService): Promise<void> {
    if (remote === own) throw resourceNotFound()
    return this.#inner.upgrade(exchange, upgrade, remote)
  }

  openApi(): Promise<RemoteOpenApi> | undefined {
    return this.#inner.openApi()
  }

  findDocument(info: RequestInfo): Promise<RemoteService | undefined> {
    return this.#inner.findDocument(info)
  }

  async fetch(remote: RemoteService, request: RemoteRequest): Promise<RemoteAnswer> {
    if (remote !== own) return this.#inner.fetch(remote, request)
    const { code, body } = await this.#answerTo(request)
    return { code, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) }
  }

  /** For controllers of this process. */
  async open(remote: RemoteService, request: RemoteRequest, signal?: AbortSignal): Promise<OpenAnswer> {
    if (remote !== own) return this.#inner.open(remote, request, signal)
    const { code, body } = await this.#answerTo(request)
    const head = { statusCode: code, headers: { 'content-type': 'application/json' } }
    const answer = Object.assign(Readable.from([Buffer.from(body)]), head) as unknown as IncomingMessage
    return { answer, close: () => answer.destroy() }
  }

  async #answerTo({ path, method = 'GET', headers }: RemoteRequest): Promise<{ code: number; body: string }> {
    const { pathname, searchParams: query } = new URL(path, 'https://metrics')
    const asTable = wantsTable(String(headers?.accept ?? ''))
    try {
      const value = await this.#answer(method, parseRequestInfo(method, pathname, query), { query, asTable })
      return { code: 200, body: JSON.stringify(value) }
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      return { code: error.code, body: JSON.stringify(error.status) }
    }
  }

  async #answer(
    method: string,
    info: Pick<RequestInfo, 'isResource' | 'verb' | 'resource' | 'subresource' | 'namespace' | 'name'>,
    { query, asTable }: { query: URLSearchParams; asTable: boolean },
  ): Promise<unknown> {
    const { isResource, verb, resource, subresource, namespace, name } = info
    if (isResource && (subresource || (resource !== 'nodes' && resource !== 'pods'))) throw resourceNotFound()
    if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed()
    if (!isResource) return resourceList
    if (verb === 'watch') throw methodNotAllowed()
    const isNodes = resource === 'nodes'
    const measured = this.#measured
    if (verb === 'get') {
      const object = await (isNodes ? measured.getNode(name) : measured.getPod(namespace, name))
      return asTable ? tableOf([object]) : object
    }
    const labelSelector = query.get('labelSelector') ?? ''
    const fieldSelector = query.get('fieldSelector') ?? ''
    const options = { labelSelector, fieldSelector }
    const items = await (isNodes ? measured.listNodes(options) : measured.listPods(namespace || undefined, options))
    return asTable ? tableOf(items) : listOf(isNodes ? 'NodeMetrics' : 'PodMetrics', items)
  }
}
