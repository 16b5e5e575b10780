/** A client in this process that reaches the resources of extension servers too: controllers collect and delete there as well. */
import type { Aggregation } from '../../apiserver/aggregation/aggregation.js'
import type { DiscoveredResource } from '../../apiserver/aggregation/discovered-resources.js'
import type { Client } from '../../client/client.js'
import { servedResources } from '../../client/discover.js'
import { type Call, newTransportClient } from '../../client/https.js'
import { PartialDiscovery } from '../../client/partial-discovery.js'
import type { Clock } from '../../machinery/clock.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import type { KindRef } from '../../machinery/kind.js'
import type { UserInfo } from '../../machinery/request.js'
import { serviceUnavailable } from '../../machinery/status-error.js'

export interface ExtensionClientDeps {
  aggregator: Aggregation
  clock: Clock
}

/** Upstream's limit of a request, in milliseconds. */
const headTimeout = 60_000

/** Speaks to the server behind one group and version, as that user. */
function remoteClient(
  { group, version }: KindRef,
  user: UserInfo,
  { aggregator, clock }: ExtensionClientDeps,
): Client | undefined {
  const remote = aggregator.find({ isResource: true, group, version, path: '' })
  if (!remote) return undefined
  const once = async ({ method, path, body, contentType = 'application/json', accept, signal }: Call) => {
    if (!remote.available) throw serviceUnavailable('the server is currently unable to handle the request')
    const headers = { accept: accept ?? 'application/json', ...(body !== undefined && { 'content-type': contentType }) }
    const text = body === undefined ? {} : { body: stringifyJson(body) }
    const request = { method, path, headers, user, milliseconds: headTimeout, ...text }
    const { answer } = await aggregator.open(remote, request, signal).catch((error: Error) => {
      throw serviceUnavailable(`error trying to reach service: ${error.message}`)
    })
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: answer }
  }
  return newTransportClient(once, { server: remote.name, clock })
}

/** Who names no verbs allows none. */
const toServed = (resource: DiscoveredResource) => ({
  ...resource,
  scope: resource.scope === 'Cluster' ? ('Cluster' as const) : ('Namespaced' as const),
  verbs: resource.verbs ?? [],
})

/** Rejects with what is known where an extension server has not said what it serves. */
async function discover(own: Client, { aggregator }: ExtensionClientDeps) {
  const found = [...(await own.resources())]
  const failed = []
  for (const { remote, resources, freshness } of aggregator.versions()) {
    const { group, version } = remote
    if (freshness === 'Stale') failed.push({ group, version })
    else
      found.push(
        ...servedResources({
          items: [{ metadata: { name: group }, versions: [{ version, resources: resources.map(toServed) }] }],
        }),
      )
  }
  if (failed.length) throw new PartialDiscovery(found, failed)
  return found
}

/** `own` serves all that this server answers itself. */
export function withExtensions(own: Client, user: UserInfo, deps: ExtensionClientDeps): Client {
  const of = (kind: KindRef) => remoteClient(kind, user, deps) ?? own
  return {
    get: (kind, key, options) => of(kind).get(kind, key, options),
    list: (kind, options) => of(kind).list(kind, options),
    watch: (kind, options, signal) => of(kind).watch(kind, options, signal),
    create: (kind, object, options) => of(kind).create(kind, object, options),
    createSubresource: (kind, key, subresource, body) => of(kind).createSubresource(kind, key, subresource, body),
    update: (kind, object, options) => of(kind).update(kind, object, options),
    updateStatus: (kind, object) => of(kind).updateStatus(kind, object),
    updateSubresource: (kind, object, subresource) => of(kind).updateSubresource(kind, object, subresource),
    patch: (kind, key, patch, options) => of(kind).patch(kind, key, patch, options),
    delete: (kind, key, options) => of(kind).delete(kind, key, options),
    deleteCollection: (kind, options) => of(kind).deleteCollection(kind, options),
    resources: () => discover(own, deps),
    customSchema: kind => own.customSchema(kind),
  }
}
