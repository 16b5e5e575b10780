/** Sends what a verb answered, in the form the client accepts. */
import { parseExactJson } from '../../machinery/json/parse-exact.js'
import type { AnyKind } from '../../machinery/kind.js'
import type { ListMeta } from '../../machinery/object-meta.js'
import { encodeProtobuf } from '../../machinery/protobuf/envelope.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import { StatusError } from '../../machinery/status-error.js'
import type { StoredObject } from '../../registry/rest.js'
import { type AcceptedForm, mediaTypes, metaVersion } from '../negotiate/accept.js'
import { listJson } from '../negotiate/list-json.js'
import { listMeta } from '../negotiate/list-meta.js'
import { metadataBytes, partialMetadata } from '../negotiate/partial-metadata.js'
import { jsonLine, listValue, prettyJson, protobufList, protobufObject } from '../negotiate/serialize.js'
import { type TableOptions, tableBytes, tableJson } from '../negotiate/table.js'
import { toYaml } from '../negotiate/yaml/to-yaml.js'
import type { Outcome } from '../verbs/outcome.js'
import type { Exchange } from './exchange.js'
import { includeObjectOf } from './query.js'
import { sendBody, sendChunks } from './send.js'
import { isPretty, sendValue } from './send-value.js'
import { sendWatch } from './watch-stream.js'

export interface SendContext {
  schemas: SchemaSet
  now(): number
  /** What is told how many events of a watch went out, and their bytes together. */
  eventCounter(exchange: Exchange): (events: number, bytes: number) => void
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
  const { group, validatedGroup = group } = kind
  const type = `*${validatedGroup.split('.')[0] || 'core'}.${isList ? kind.listKind : kind.kind}`
  const is = isList ? `is a list` : 'is not a list'
  return notAcceptable(`you requested ${wanted}, but the requested object ${is} (${type})`)
}

async function reencode(json: string, form: AcceptedForm, pretty: boolean): Promise<Body> {
  if (form.encoding === 'yaml') return toYaml(parseExactJson(json))
  return pretty ? prettyJson(parseExactJson(json)) : jsonLine(json)
}

/** Throws 406 for an encoding that has no tables. */
function tableOptions(exchange: Exchange, form: AcceptedForm, context: SendContext): TableOptions {
  if (form.encoding === 'protobuf')
    throw notAcceptable(`only the following media types are accepted: ${mediaTypes.json}, ${mediaTypes.yaml}`)
  return { include: includeObjectOf(exchange.query), now: context.now(), version: metaVersion(form) }
}

async function convertedBody(
  exchange: Exchange,
  answer: Answer,
  form: AcceptedForm,
  context: SendContext,
): Promise<Body> {
  const { kind, items, metadata, isList } = answer
  const pretty = isPretty(exchange, form)
  const wanted = form.convert?.kind ?? ''
  const version = metaVersion(form)
  const apiVersion = `meta.k8s.io/${version}`
  if (wanted === 'Table')
    return reencode(tableJson(kind, { metadata, items }, tableOptions(exchange, form, context)), form, pretty)
  if ((wanted === 'PartialObjectMetadataList') !== isList) throw wrongShape(wanted, answer)
  if (form.encoding === 'protobuf') {
    const value = isList
      ? { kind: wanted, apiVersion, metadata, items: items.map(item => partialMetadata(item, { kind, version })) }
      : partialMetadata(items[0]!, { kind, version })
    return encodeProtobuf(context.schemas, `meta.v1.${wanted}`, value)
  }
  const objects = items.map(item => Buffer.from(metadataBytes(item, { kind, version })).toString())
  const json = isList
    ? `{"kind":"${wanted}","apiVersion":"${apiVersion}","metadata":${JSON.stringify(metadata)},"items":[${objects.join(',')}]}`
    : objects[0]!
  return reencode(json, form, pretty)
}

/** A stored object or a list in the form that was asked for, as JSON whatever its encoding. */
export async function convertedJson(
  exchange: Exchange,
  outcome: Outcome & { type: 'stored' | 'list' },
  form: AcceptedForm,
  context: SendContext,
): Promise<string> {
  const { kind } = outcome
  const answer: Answer =
    outcome.type === 'list'
      ? { kind, items: outcome.list.items, metadata: listMeta(outcome.list), isList: true }
      : { kind, items: [outcome.stored], metadata: objectMeta(outcome.stored), isList: false }
  return String(await convertedBody(exchange, answer, { ...form, encoding: 'json' }, context))
}

/** What is stored, in each of its encodings; each is made when it is asked for. */
interface Stored {
  answer: Answer
  protobuf(): Uint8Array
  /** For YAML, and for people. */
  value(): object
  sendJson(contentType: string): Promise<void>
}

async function sendStored(
  exchange: Exchange,
  { code, stored }: { code: number; stored: Stored },
  form: AcceptedForm,
  context: SendContext,
): Promise<void> {
  const contentType = mediaTypes[form.encoding]
  const send = (body: Body) => sendBody(exchange, code, { contentType, body })
  if (form.convert?.kind === 'Table' && form.encoding === 'json' && !isPretty(exchange, form)) {
    const { answer } = stored
    const table = tableBytes(answer.kind, answer, { ...tableOptions(exchange, form, context), end: '\n' })
    return sendChunks(exchange, code, { contentType, ...table })
  }
  if (form.convert) return send(await convertedBody(exchange, stored.answer, form, context))
  if (form.encoding === 'protobuf' && stored.answer.kind.schema in context.schemas) return send(stored.protobuf())
  if (form.encoding === 'yaml') return send(toYaml(stored.value()))
  return isPretty(exchange, form) ? send(prettyJson(stored.value())) : stored.sendJson(contentType)
}

const nothing = Buffer.alloc(0)
const newline = Buffer.from('\n')

/** Of a table or the like of one object. */
function objectMeta({ object }: StoredObject): ListMeta {
  const { resourceVersion } = object.metadata
  return { ...(resourceVersion && { resourceVersion }) }
}

/** An object as a line of JSON. */
const lineOf = (item: StoredObject): Uint8Array =>
  item.line?.({ before: nothing, after: newline }) ?? Buffer.concat([item.bytes, newline])

function sendObject(
  exchange: Exchange,
  { stored: item, kind, code }: Outcome & { type: 'stored' },
  form: AcceptedForm,
  context: SendContext,
) {
  const stored: Stored = {
    // Only conversions ask for it, and it may have to be parsed first.
    get answer() {
      return { kind, items: [item], metadata: objectMeta(item), isList: false }
    },
    protobuf: () => protobufObject(context.schemas, kind, item),
    value: () => item.object,
    sendJson: contentType => sendBody(exchange, code, { contentType, body: lineOf(item) }),
  }
  return sendStored(exchange, { code, stored }, form, context)
}

function sendList(
  exchange: Exchange,
  { list, kind, code }: Outcome & { type: 'list' },
  form: AcceptedForm,
  context: SendContext,
) {
  const stored: Stored = {
    answer: { kind, items: list.items, metadata: listMeta(list), isList: true },
    protobuf: () => protobufList(context.schemas, kind, list),
    value: () => listValue(kind, list),
    sendJson: contentType => sendChunks(exchange, code, { contentType, ...listJson(kind, list) }),
  }
  return sendStored(exchange, { code, stored }, form, context)
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
      return sendValue(exchange, { ...outcome, value: outcome.object }, { form, schemas: context.schemas })
    case 'watch': {
      const include = includeObjectOf(exchange.query)
      return sendWatch(exchange, outcome.events, {
        ...context,
        kind: outcome.kind,
        form,
        include,
        count: context.eventCounter(exchange),
      })
    }
  }
}
