/** The events of a watch as bytes: each in the form asked for, several as one piece. */
import type { AnyKind } from '../../machinery/kind.js'
import { encodeProtobuf } from '../../machinery/protobuf/envelope.js'
import { encodeWatchFrame } from '../../machinery/protobuf/watch-frame.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { IncludeObject } from '../../machinery/table.js'
import type { RegistryEvent } from '../../registry/rest.js'
import { type AcceptedForm, metaVersion } from '../negotiate/accept.js'
import { metadataBytes, partialMetadata } from '../negotiate/partial-metadata.js'
import { protobufObject } from '../negotiate/serialize.js'
import { tableJson } from '../negotiate/table.js'

/** What a client wants to see of each event. */
export interface WatchForm {
  kind: AnyKind
  form: AcceptedForm
  schemas: SchemaSet
  include: IncludeObject
  now(): number
}

type Encode = (event: RegistryEvent) => Uint8Array
/** Several events as the bytes of one write. */
export type Join = (events: readonly RegistryEvent[]) => Uint8Array

const line = (type: string, object: Uint8Array | string): Buffer => {
  const text = typeof object === 'string' ? Buffer.from(object) : object
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), text, Buffer.from('}\n')])
}

const jsonFrame: Encode = event => event.frame

const isStatus = ({ type }: RegistryEvent) => type === 'ERROR'

const join = (events: readonly RegistryEvent[], encode: Encode): Uint8Array =>
  events.length === 1 ? encode(events[0]!) : Buffer.concat(events.map(encode))

/** Rows with the columns' names before the first: each watch has its own. */
function newTableJoin({ kind, form, include, now }: WatchForm): Join {
  const version = metaVersion(form)
  let headless = false
  const encode: Encode = event => {
    if (isStatus(event)) return jsonFrame(event)
    const { stored } = event
    const metadata = { resourceVersion: stored.object.metadata.resourceVersion ?? '' }
    const table = tableJson(kind, { metadata, items: [stored] }, { include, now: now(), headless, version })
    headless = true
    return line(event.type, table)
  }
  return events => join(events, encode)
}

/** The bytes of all other forms are the same for everyone. */
export function joinFor(watch: WatchForm): Join {
  const { kind, form, schemas } = watch
  const { encoding, convert } = form
  const version = metaVersion(form)
  if (convert?.kind === 'Table') return newTableJoin(watch)
  if (encoding === 'protobuf') {
    const name = convert ? `protobuf-metadata-${version}` : 'protobuf'
    return shared(
      remembered(event => {
        if (isStatus(event))
          return encodeWatchFrame(event.type, encodeProtobuf(schemas, 'meta.v1.Status', event.status!))
        const object = convert
          ? encodeProtobuf(schemas, 'meta.v1.PartialObjectMetadata', partialMetadata(event.stored, { kind, version }))
          : protobufObject(schemas, kind, event.stored)
        return encodeWatchFrame(event.type, object)
      }, name),
      name,
    )
  }
  if (convert) {
    const name = `metadata-${version}`
    const encode: Encode = event =>
      isStatus(event) ? jsonFrame(event) : line(event.type, metadataBytes(event.stored, { kind, version }))
    return shared(remembered(encode, name), name)
  }
  return shared(jsonFrame, 'json')
}

interface Joined {
  events: readonly RegistryEvent[]
  bytes: Uint8Array
}

const frames = new Map<string, WeakMap<RegistryEvent, Uint8Array>>()
const joined = new Map<string, Joined>()

/** Remembers the bytes of each event in that form. */
function remembered(encode: Encode, form: string): Encode {
  let known = frames.get(form)
  if (!known) frames.set(form, (known = new WeakMap()))
  return event => {
    let frame = known.get(event)
    if (!frame) known.set(event, (frame = encode(event)))
    return frame
  }
}

const isSame = (a: readonly RegistryEvent[], b: readonly RegistryEvent[]) =>
  a.length === b.length && a.every((event, i) => event === b[i])

/** Watchers of the same objects are due the same events in the same tick: these are joined once for all of them. */
const shared =
  (encode: Encode, form: string): Join =>
  events => {
    const last = joined.get(form)
    if (last && isSame(last.events, events)) return last.bytes
    const bytes = join(events, encode)
    if (events.length > 1) joined.set(form, { events, bytes })
    return bytes
  }

/** To be called when all that was due in a tick has been joined. */
export const forgetJoined = (): void => joined.clear()
