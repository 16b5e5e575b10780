/** Answers `/api`, `/apis` and what lies between them and the resources. */
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { Exchange } from '../http/exchange.js'
import { sendBody, writeHead } from '../http/send.js'
import { isPretty, sendValue } from '../http/send-value.js'
import { type AcceptedForm, type Conversion, negotiate, type Offer, plainOffer } from '../negotiate/accept.js'
import { prettyJson } from '../negotiate/serialize.js'
import { type AggregatedDocument, aggregatedDocument, type DiscoveryVersion } from './aggregated.js'
import type { Catalog } from './catalog.js'
import { apiGroup, apiVersions, groupList, resourceList } from './legacy.js'

const rootOffer: Offer = { ...plainOffer, unrouted: true }
const aggregatedOffer: Offer = {
  ...rootOffer,
  allows: ({ kind, group, version }: Conversion) =>
    kind === 'APIGroupDiscoveryList' && group === 'apidiscovery.k8s.io' && (version === 'v2' || version === 'v2beta1'),
}

export interface Discovery {
  /** False when the path is none of discovery's: the caller then says so. */
  serve(exchange: Exchange): Promise<boolean>
}

/** `serverAddress`: host and port that clients are told. */
export function newDiscovery(catalog: Catalog, schemas: SchemaSet, serverAddress: () => string): Discovery {
  let generation = Number.NaN
  const documents = new Map<string, AggregatedDocument>()

  const documentOf = (core: boolean, version: DiscoveryVersion): AggregatedDocument => {
    if (generation !== catalog.generation) {
      generation = catalog.generation
      documents.clear()
    }
    const key = `${core}/${version}`
    let document = documents.get(key)
    if (!document) documents.set(key, (document = aggregatedDocument(catalog.groups(), version, core)))
    return document
  }

  const sendAggregated = async (exchange: Exchange, core: boolean, form: AcceptedForm) => {
    const version = form.convert?.version as DiscoveryVersion
    const { body, document, etag } = documentOf(core, version)
    const { response, request } = exchange
    response.setHeader('Vary', 'Accept')
    response.setHeader('Etag', etag)
    response.setHeader('Cache-Control', 'public')
    if (request.headers['if-none-match'] === etag) {
      writeHead(exchange, 304, {})
      response.end()
      return
    }
    const contentType = `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    await sendBody(exchange, 200, { contentType, body: isPretty(exchange, form) ? prettyJson(document) : body })
  }

  const send = async (exchange: Exchange, form: AcceptedForm, value: { kind: string }) => {
    await sendValue(exchange, { code: 200, value, schema: `meta.v1.${value.kind}` }, { form, schemas })
  }

  const sendRoot = async (exchange: Exchange, core: boolean) => {
    // Upstream aggregates only at the exact path.
    const exact = !exchange.info.path.endsWith('/')
    const form = negotiate(exchange.request.headers.accept, exact ? aggregatedOffer : rootOffer)
    if (form.convert) return sendAggregated(exchange, core, form)
    const groups = catalog.groups()
    return send(exchange, form, core ? apiVersions(catalog.group('')!, serverAddress()) : groupList(groups))
  }

  /** What a path below the roots describes. */
  const describe = (parts: readonly string[]) => {
    const [root, first = '', second] = parts
    if (root === 'api') {
      const version = parts.length === 2 ? catalog.version('', first) : undefined
      return version && resourceList(version)
    }
    if (second === undefined) {
      const group = catalog.group(first)
      return group && apiGroup(group)
    }
    const version = parts.length === 3 ? catalog.version(first, second) : undefined
    return version && resourceList(version)
  }

  return {
    async serve(exchange) {
      const parts = exchange.info.path.split('/').filter(part => part !== '')
      if (parts.length === 1) {
        await sendRoot(exchange, parts[0] === 'api')
        return true
      }
      const value = describe(parts)
      if (!value) return false
      await send(exchange, negotiate(exchange.request.headers.accept, plainOffer), value)
      return true
    },
  }
}
