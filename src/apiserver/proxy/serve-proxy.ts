/** The proxy subresource of pods, services and nodes: finds the backend and hands the request over. */
import { badRequest } from '../../machinery/status-error.js'
import type { Rest } from '../../registry/rest.js'
import { asApiServer } from '../connect/remote-kubelet.js'
import type { ApiServerDeps } from '../deps.js'
import type { Exchange } from '../http/exchange.js'
import { writeHead } from '../http/send.js'
import type { RequestInfo } from '../request-info.js'
import { methodNotAllowed, resourceNotFound } from '../verbs/verbs.js'
import { newTcpDial } from './dial.js'
import { forwardRequest } from './forward.js'
import { forwardUpgrade, type UpgradeRequest } from './forward-upgrade.js'
import { serveKubelet } from './kubelet-endpoints.js'
import type { Location } from './location.js'
import { locateNode, type NodeLocation } from './node-location.js'
import { locatePod } from './pod-location.js'
import { locateService } from './service-location.js'
import { rawQueryOf, type TargetPath, targetPathOf } from './target-path.js'
import { escapePath } from './url-path.js'

export interface ProxyContext {
  deps: Pick<ApiServerDeps, 'rests' | 'nodes' | 'random' | 'clock' | 'dial' | 'kubeletClient'>
  /** Aborted when the server stops. */
  stopping: AbortSignal
}

const methods: ReadonlySet<string> = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'])

/** Resources that have the subresource, and whether they have a namespace. */
const proxied: Readonly<Record<string, boolean>> = { pods: true, services: true, nodes: false }

/** Throws 404 for a path that upstream does not have, 405 for a method it does not pass on, 400 for a dry run. */
function checkRequest({ request, info, query }: Exchange): void {
  const { group, resource, namespace, name } = info
  if (group || proxied[resource] === undefined || !name || proxied[resource] !== !!namespace) throw resourceNotFound()
  if (!methods.has(request.method ?? '')) throw methodNotAllowed()
  if (query?.has('dryRun')) throw badRequest('dryRun is not supported')
}

function restOf({ rests }: ProxyContext['deps'], resource: string): Rest {
  const rest = rests.find('', 'v1', resource)
  if (!rest) throw resourceNotFound()
  return rest
}

function locate({ resource, namespace, name }: RequestInfo, deps: ProxyContext['deps']) {
  const rest = (plural: string) => restOf(deps, plural)
  if (resource === 'pods') return locatePod(rest('pods'), namespace, name)
  if (resource === 'nodes') return locateNode(rest('nodes'), name)
  const rests = { services: rest('services'), endpoints: rest('endpoints'), pods: rest('pods') }
  return locateService(rests, { namespace, id: name }, deps.random)
}

/** The kubelet of this process that the request is for; undefined when it goes over the network. */
const ownKubelet = (found: Location | NodeLocation, { nodes }: ProxyContext['deps']) =>
  'node' in found && found.isKubelet ? nodes?.(found.node) : undefined

function locationOf(found: Location | NodeLocation, deps: ProxyContext['deps']): Location {
  if (!('node' in found)) return found
  return found.isKubelet ? asApiServer(found.location, deps) : found.location
}

/** Relative links of a page would otherwise lose the last part of its path. */
function redirectToSlash(exchange: Exchange, { prefix }: TargetPath): void {
  const location = `${escapePath(prefix)}/${rawQueryOf(exchange.request)}`
  writeHead(exchange, 301, { location, 'content-length': 0 })
  exchange.response.end()
}

/** Answers an authorized request. Throws a StatusError while nothing has been sent. */
export async function serveProxy(exchange: Exchange, context: ProxyContext): Promise<void> {
  checkRequest(exchange)
  const { deps, stopping } = context
  const { info, request } = exchange
  const found = await locate(info, deps)
  const target = targetPathOf(info)
  if (!target.path && (request.method === 'GET' || request.method === 'HEAD')) return redirectToSlash(exchange, target)
  const api = ownKubelet(found, deps)
  if (api) return serveKubelet(exchange, target.path, { api, stopping })
  const dial = deps.dial ?? newTcpDial(deps.clock)
  return forwardRequest(exchange, { location: locationOf(found, deps), target }, { dial, stopping })
}

/** The same for a connection that is to be upgraded; resolves when it has ended. */
export async function upgradeProxy(exchange: Exchange, upgrade: UpgradeRequest, context: ProxyContext): Promise<void> {
  checkRequest(exchange)
  const { deps, stopping } = context
  const found = await locate(exchange.info, deps)
  if (ownKubelet(found, deps)) throw resourceNotFound()
  const dial = deps.dial ?? newTcpDial(deps.clock)
  const target = targetPathOf(exchange.info)
  return forwardUpgrade(upgrade, { location: locationOf(found, deps), target }, { dial, stopping })
}
