/** Takes an authorized request to what answers it: resources, discovery, health, or the Express application. */

import { badRequest } from '../../machinery/status-error.js'
import type { Aggregation } from '../aggregation/aggregation.js'
import type { AppListener } from '../app.js'
import { servePodLog } from '../connect/pod-log.js'
import type { ApiServerDeps } from '../deps.js'
import type { Catalog } from '../discovery/catalog.js'
import type { Discovery } from '../discovery/discovery.js'
import { type HealthCheck, type HealthObserver, isHealthPath, serveHealth } from '../health.js'
import type { RequestInfo } from '../request-info.js'
import { connectSubresources } from '../verbs/subresources.js'
import { methodNotAllowed, resourceNotFound } from '../verbs/verbs.js'
import { sendText } from './errors.js'
import type { Exchange } from './exchange.js'
import { type ResourceContext, serveResource } from './serve-resource.js'

export interface RouterContext extends ResourceContext {
  deps: ApiServerDeps
  aggregator: Aggregation
  catalog: Catalog
  discovery: Discovery
  checks(): readonly HealthCheck[]
  health: HealthObserver
  /** Loaded when first called. */
  app(): Promise<AppListener>
}

const notFoundText = '404 page not found\n'

/** The answer has been handed over to somebody else: this waits for its end. */
const finished = ({ response }: Exchange) =>
  new Promise<void>(resolve => {
    if (response.writableFinished || response.destroyed) return resolve()
    response.once('close', resolve)
  })

async function serveConnect(exchange: Exchange, { deps, stopping }: RouterContext): Promise<void> {
  const { info } = exchange
  if (info.subresource === 'proxy') {
    const { serveProxy } = await import('../proxy/serve-proxy.js')
    return serveProxy(exchange, { deps, stopping })
  }
  if (info.resource !== 'pods' || info.group) throw resourceNotFound()
  if (info.subresource === 'log') {
    if (info.verb !== 'get') throw methodNotAllowed()
    return servePodLog(exchange, deps, stopping)
  }
  if (exchange.request.method !== 'GET' && exchange.request.method !== 'POST') throw methodNotAllowed()
  const { findPodTarget } = await import('../connect/pod-target.js')
  const container = info.subresource === 'portforward' ? undefined : (exchange.query?.get('container') ?? '')
  const { node } = await findPodTarget(deps, info, container)
  throw badRequest(node ? 'Upgrade request required' : `pod ${info.name} does not have a host assigned`)
}

function isCustomGroup(catalog: Catalog, group: string): boolean {
  const versions = catalog.group(group)?.versions ?? []
  return versions.length > 0 && versions.every(({ kinds }) => kinds.every(({ kind }) => kind.custom))
}

/** In groups that only definitions know, upstream answers for nothing but what they declare. */
function isUnknownToCustomGroup(info: RequestInfo, { catalog, rests }: RouterContext): boolean {
  const { group, version, resource, namespace, verb } = info
  if (!isCustomGroup(catalog, group)) return false
  const kind = rests.find(group, version, resource)?.kind
  if (!kind) return true
  if (kind.scope === 'Cluster') return !!namespace
  return !namespace && verb !== 'list' && verb !== 'watch'
}

export function newRouter(context: RouterContext): (exchange: Exchange) => Promise<void> {
  const serveApi = async (exchange: Exchange) => {
    const { info } = exchange
    const served = context.catalog.version(info.group, info.version)
    // Upstream knows nothing of groups that it does not have: no Status for them.
    if (!served && info.group && !context.catalog.group(info.group)) return sendText(exchange, 404, notFoundText)
    if (isUnknownToCustomGroup(info, context)) return sendText(exchange, 404, notFoundText)
    if (!served) throw resourceNotFound()
    if (connectSubresources.has(info.subresource)) return serveConnect(exchange, context)
    return serveResource(exchange, context)
  }

  const serveDiscovery = async (exchange: Exchange) => {
    const { path } = exchange.info
    if (exchange.request.method !== 'GET' && exchange.request.method !== 'HEAD') throw methodNotAllowed()
    if (await context.discovery.serve(exchange)) return
    const parts = path.split('/').filter(part => part !== '')
    const group = parts[1] ?? ''
    const isKnown = context.catalog.group(group) && !isCustomGroup(context.catalog, group)
    if (parts[0] === 'api' || isKnown) throw resourceNotFound()
    await sendText(exchange, 404, notFoundText)
  }

  return async exchange => {
    const { info } = exchange
    const { aggregator } = context
    const remote = aggregator.find(info) ?? (info.isResource ? undefined : await aggregator.findDocument(info))
    if (remote) return aggregator.serve(exchange, remote)
    if (info.isResource) return serveApi(exchange)
    const { path } = info
    if (path === '/api' || path === '/apis' || path.startsWith('/api/') || path.startsWith('/apis/'))
      return serveDiscovery(exchange)
    if (isHealthPath(path)) {
      if (!(await serveHealth(exchange, context.checks(), context.health))) await sendText(exchange, 404, notFoundText)
      return
    }
    const app = await context.app()
    app(exchange.request, exchange.response)
    await finished(exchange)
  }
}
