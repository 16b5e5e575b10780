/** Sends a watch: each event in the form asked for, all that is due in one tick as one write. */
import type { ServerResponse } from 'node:http'
import type { AnyKind } from '../../machinery/kind.js'
import { encodeProtobuf } from '../../machinery/protobuf/envelope.js'
import { encodeWatchFrame, protobufWatchType } from '../../machinery/protobuf/watch-frame.js'
import type { SchemaSet } from '../../machinery/schema/types.js'
import type { IncludeObject } from '../../machinery/table.js'
import type { RegistryEvent, RegistryWatch } from '../../registry/rest.js'
import { type AcceptedForm, metaVersion } from '../negotiate/accept.js'
import { metadataBytes, partialMetadata } from '../negotiate/partial-metadata.js'
import { protobufObject } from '../negotiate/serialize.js'
import { tableJson } from '../negotiate/table.js'
import type { Exchange } from './exchange.js'
import { writeHead } from './send.js'

export interface WatchForm {
  kind: AnyKind
  form: AcceptedForm
  schemas: SchemaSet
  include: IncludeObject
  now(): number
  /** Told how many events went out. */
  count(events: number): void
}

type Encode = (event: RegistryEvent) => Uint8Array

const line = (type: string, object: Uint8Array | string): Buffer => {
  const text = typeof object === 'string' ? Buffer.from(object) : object
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), text, Buffer.from('}\n')])
}

const jsonFrame: Encode = event => event.frame

const isStatus = ({ type }: RegistryEvent) => type === 'ERROR'

/** One encoder for each form. Forms other than plain JSON are remembered per event, so that watchers share them. */
function encoderFor({ kind, form, schemas, include, now }: WatchForm): Encode {
  const { encoding, convert } = form
  const version = metaVersion(form)
  if (convert?.kind === 'Table') {
    let headless = false
    return event => {
      if (isStatus(event)) return jsonFrame(event)
      const { stored } = event
      const metadata = { resourceVersion: stored.object.metadata.resourceVersion ?? '' }
      const table = tableJson(kind, { metadata, items: [stored] }, { include, now: now(), headless, version })
      headless = true
      return line(event.type, table)
    }
  }
  if (encoding === 'protobuf') {
    return shared(
      event => {
        if (isStatus(event))
          return encodeWatchFrame(event.type, encodeProtobuf(schemas, 'meta.v1.Status', event.status!))
        const object = convert
          ? encodeProtobuf(schemas, 'meta.v1.PartialObjectMetadata', partialMetadata(event.stored, version))
          : protobufObject(schemas, kind, event.stored)
        return encodeWatchFrame(event.type, object)
      },
      convert ? `protobuf-metadata-${version}` : 'protobuf',
    )
  }
  if (convert)
    return shared(
      event => (isStatus(event) ? jsonFrame(event) : line(event.type, metadataBytes(event.stored, version))),
      `metadata-${version}`,
    )
  return jsonFrame
}

const frames = new Map<string, WeakMap<RegistryEvent, Uint8Array>>()

function shared(encode: Encode, form: string): Encode {
  let known = frames.get(form)
  if (!known) frames.set(form, (known = new WeakMap()))
  return event => {
    let frame = known.get(event)
    if (!frame) known.set(event, (frame = encode(event)))
    return frame
  }
}

/** Writes are gathered until the tick ends; a client that does not keep up pauses its watch, which cuts it off when it lags too far. */
class Outlet {
  #pending: Uint8Array[] = []
  #scheduled = false
  #full = false
  onDrain = () => {}

  constructor(readonly response: ServerResponse) {
    response.on('drain', () => {
      this.#full = false
      this.onDrain()
    })
  }

  /** False when the client is behind. */
  send(frame: Uint8Array): boolean {
    this.#pending.push(frame)
    if (!this.#scheduled) {
      this.#scheduled = true
      setImmediate(() => this.flush())
    }
    return !this.#full
  }

  flush(): void {
    this.#scheduled = false
    const pending = this.#pending
    if (!pending.length || this.response.destroyed) return
    this.#pending = []
    if (!this.response.write(pending.length === 1 ? pending[0]! : Buffer.concat(pending))) this.#full = true
  }

  end(): void {
    this.flush()
    this.response.end()
  }
}

/** Resolves when the watch is over: by its timeout, its error, the server's stop or the client's leaving. */
export function sendWatch(exchange: Exchange, events: RegistryWatch, form: WatchForm): Promise<void> {
  const { response } = exchange
  const contentType = form.form.encoding === 'protobuf' ? protobufWatchType : 'application/json'
  writeHead(exchange, 200, { 'content-type': contentType })
  response.flushHeaders()
  const encode = encoderFor(form)
  const outlet = new Outlet(response)
  return new Promise((resolve, reject) => {
    outlet.onDrain = () => events.resume()
    response.once('close', () => events.stop())
    const end = () => {
      outlet.end()
      resolve()
    }
    events.onEvents(batch => {
      try {
        let keepsUp = true
        for (const event of batch) keepsUp = outlet.send(encode(event))
        form.count(batch.length)
        return keepsUp
      } catch (error) {
        events.stop()
        reject(error)
        return false
      }
    }, end)
  })
}
