/** Sends what a verb answered, in the form the client accepts. */
import { parseExactJson } from '../../machinery/json/parse-exact.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { AnyObject, ListMeta } from '../../machinery/object-meta.js'
import { encodeProtobuf } from '../../machinery/protobuf/envelope.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { StatusError } from '../../machinery/status-error.js'
import type { StoredObject } from '../../registry/rest.js'
import { type AcceptedForm, mediaTypes, wantsPretty } from '../negotiate/accept.js'
import { listJson } from '../negotiate/list-json.js'
import { listMeta } from '../negotiate/list-meta.js'
import { metadataBytes, partialMetadata } from '../negotiate/partial-metadata.js'
import { encodeValue, listValue, prettyJson, protobufList, protobufObject } from '../negotiate/serialize.js'
import { tableJson } from '../negotiate/table.js'
import { toYaml } from '../negotiate/yaml.js'
import type { Outcome } from '../verbs/outcome.js'
import type { Exchange } from './exchange.js'
import { includeObjectOf } from './query.js'
import { sendBody, sendChunks } from './send.js'
import { sendWatch } from './watch-stream.js'

export interface SendContext {
  schemas: SchemaSet
  now(): number
  /** Told how many events of a watch went out. */
  countEvents(exchange: Exchange, events: number): void
}

type Body = Uint8Array | string

/** What a conversion needs to know: the items, and the metadata of the answer. */
interface Answer {
  kind: AnyKind
  items: readonly StoredObject[]
  metadata: ListMeta
  isList: boolean
}

const notAcceptable = (message: string) => new StatusError(406, 'NotAcceptable', message)

/** Upstream's words, with its name of the internal type. */
function wrongShape(wanted: string, { kind, isList }: Answer): StatusError {
  const type = `*${kind.group.split('.')[0] || 'core'}.${isList ? kind.listKind : kind.kind}`
  const is = isList ? `is a list` : 'is not a list'
  return notAcceptable(`you requested ${wanted}, but the requested object ${is} (${type})`)
}

async function reencode(json: string, form: AcceptedForm, pretty: boolean): Promise<Body> {
  if (form.encoding === 'yaml') return toYaml(parseExactJson(json))
  return pretty ? prettyJson(parseExactJson(json)) : json
}

const apiVersion = 'meta.k8s.io/v1'

async function convertedBody(
  exchange: Exchange,
  answer: Answer,
  form: AcceptedForm,
  context: SendContext,
): Promise<Body> {
  const { kind, items, metadata, isList } = answer
  const pretty = form.pretty || wantsPretty(exchange.request.headers['user-agent'], exchange.query)
  const wanted = form.convert?.kind ?? ''
  if (wanted === 'Table') {
    if (form.encoding === 'protobuf')
      throw notAcceptable(`only the following media types are accepted: ${mediaTypes.json}, ${mediaTypes.yaml}`)
    const json = tableJson(kind, { metadata, items }, { include: includeObjectOf(exchange.query), now: context.now() })
    return reencode(json, form, pretty)
  }
  if ((wanted === 'PartialObjectMetadataList') !== isList) throw wrongShape(wanted, answer)
  if (form.encoding === 'protobuf') {
    const value = isList
      ? { kind: wanted, apiVersion, metadata, items: items.map(partialMetadata) }
      : partialMetadata(items[0]!)
    return encodeProtobuf(context.schemas, `meta.v1.${wanted}`, value)
  }
  const objects = items.map(item => Buffer.from(metadataBytes(item)).toString())
  const json = isList
    ? `{"kind":"${wanted}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${objects.join(',')}]}`
    : objects[0]!
  return reencode(json, form, pretty)
}

async function sendObject(
  exchange: Exchange,
  outcome: Outcome & { type: 'stored' },
  form: AcceptedForm,
  context: SendContext,
) {
  const { stored, kind, code } = outcome
  const contentType = mediaTypes[form.encoding]
  if (form.convert) {
    const metadata = { resourceVersion: stored.object.metadata.resourceVersion ?? '' }
    const answer = { kind, items: [stored], metadata, isList: false }
    return sendBody(exchange, code, { contentType, body: await convertedBody(exchange, answer, form, context) })
  }
  if (form.encoding === 'protobuf' && kind.schema in context.schemas)
    return sendBody(exchange, code, { contentType, body: protobufObject(context.schemas, kind, stored) })
  const pretty = form.pretty || wantsPretty(exchange.request.headers['user-agent'], exchange.query)
  if (form.encoding === 'yaml') return sendBody(exchange, code, { contentType, body: await toYaml(stored.object) })
  return sendBody(exchange, code, { contentType, body: pretty ? prettyJson(stored.object) : stored.bytes })
}

async function sendList(
  exchange: Exchange,
  outcome: Outcome & { type: 'list' },
  form: AcceptedForm,
  context: SendContext,
) {
  const { list, kind, code } = outcome
  const contentType = mediaTypes[form.encoding]
  if (form.convert) {
    const answer = { kind, items: list.items, metadata: listMeta(list), isList: true }
    return sendBody(exchange, code, { contentType, body: await convertedBody(exchange, answer, form, context) })
  }
  if (form.encoding === 'protobuf' && kind.schema in context.schemas)
    return sendBody(exchange, code, { contentType, body: protobufList(context.schemas, kind, list) })
  if (form.encoding === 'yaml')
    return sendBody(exchange, code, { contentType, body: await toYaml(listValue(kind, list)) })
  if (form.pretty || wantsPretty(exchange.request.headers['user-agent'], exchange.query))
    return sendBody(exchange, code, { contentType, body: prettyJson(listValue(kind, list)) })
  return sendChunks(exchange, code, { contentType, ...listJson(kind, list) })
}

async function sendComputed(
  exchange: Exchange,
  { code, object, schema }: { code: number; object: AnyObject; schema: string },
  form: AcceptedForm,
  { schemas }: SendContext,
) {
  const pretty = form.pretty || wantsPretty(exchange.request.headers['user-agent'], exchange.query)
  const body = await encodeValue(object, form.encoding, { schemas, schema, pretty })
  return sendBody(exchange, code, { contentType: mediaTypes[form.encoding], body })
}

/** Throws a StatusError while nothing has been sent. */
export function sendOutcome(
  exchange: Exchange,
  outcome: Outcome,
  form: AcceptedForm,
  context: SendContext,
): Promise<void> {
  switch (outcome.type) {
    case 'stored':
      return sendObject(exchange, outcome, form, context)
    case 'list':
      return sendList(exchange, outcome, form, context)
    case 'computed':
      return sendComputed(exchange, outcome, form, context)
    case 'watch': {
      const include = includeObjectOf(exchange.query)
      return sendWatch(exchange, outcome.events, {
        ...context,
        kind: outcome.kind,
        form,
        include,
        count: events => context.countEvents(exchange, events),
      })
    }
  }
}
