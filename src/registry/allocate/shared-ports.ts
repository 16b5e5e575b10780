/** Node ports of several servers, or of a store that may be set back: who has which stands in one record there, in upstream's form, changed by compare and swap. */
import { readEnvelope } from '../../machinery/protobuf/envelope.js'
import { WireReader } from '../../machinery/protobuf/reader.js'
import { KeyConflict, type Storage } from '../../storage/storage.js'
import type { NodePorts, PortRange } from './port-range.js'

const recordKey = '/registry/ranges/servicenodeports'
const protobufBeginning = Buffer.from('k8s\0')

/** The numbers whose bits are set. `data` is one large number, its highest byte first. */
function* placesOf(data: Buffer): Generator<number> {
  for (let i = 0; i < data.length; i++)
    for (let bit = 0; bit < 8; bit++) if (data[data.length - 1 - i]! & (1 << bit)) yield i * 8 + bit
}

function dataOf(all: readonly number[]): Buffer {
  const data = Buffer.alloc(all.length ? Math.floor(Math.max(...all) / 8) + 1 : 0)
  for (const place of all) data[data.length - 1 - (place >> 3)]! |= 1 << (place & 7)
  return data
}

interface RangeAllocation {
  range: string
  data: Buffer
}

/** The range may be another than today's: its first port is that of the first bit. */
function* portsOf({ range, data }: RangeAllocation): Generator<number> {
  const first = Number.parseInt(range, 10)
  if (first > 0) for (const place of placesOf(data)) yield first + place
}

/** A stock server stores it as protobuf: `RangeAllocation { metadata = 1, range = 2, data = 3 }`. */
function readRecord(bytes: Uint8Array): RangeAllocation {
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const record: RangeAllocation = { range: '', data: Buffer.alloc(0) }
  if (!value.subarray(0, protobufBeginning.length).equals(protobufBeginning)) {
    const { range, data = '' } = JSON.parse(value.toString()) as { range: string; data?: string }
    return { range, data: Buffer.from(data, 'base64') }
  }
  const reader = new WireReader(readEnvelope(value).raw)
  while (!reader.done) {
    const { number, wire } = reader.tag()
    if (number === 2) record.range = reader.string()
    else if (number === 3) record.data = reader.bytes()
    else reader.skip(wire)
  }
  return record
}

const writeRecord = ({ range, data }: RangeAllocation): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify({
      kind: 'RangeAllocation',
      apiVersion: 'v1',
      metadata: { creationTimestamp: null },
      range,
      data: data.toString('base64'),
    }),
  )

export interface SharedPortsOptions {
  storage: Storage
  /** First and last. */
  range: readonly [number, number]
  /** An empty range. */
  newRange(): PortRange
}

export class SharedPorts implements NodePorts {
  readonly #options: SharedPortsOptions
  /** One change at a time: those of one process need not fight each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: SharedPortsOptions) {
    this.#options = options
  }

  async has(port: number): Promise<boolean> {
    return (await this.#read()).ports.has(port)
  }

  take(port: number): Promise<void> {
    return this.repair(async () => ports => ports.take(port))
  }

  takeAny(): Promise<number> {
    return this.repair(async () => ports => ports.takeAny())
  }

  release(port: number): Promise<void> {
    return this.repair(async () => ports => ports.release(port))
  }

  repair<T>(prepare: () => Promise<(ports: PortRange) => T>): Promise<T> {
    const change = this.#last.then(() => this.#changeOnce(prepare))
    this.#last = change.catch(() => {})
    return change
  }

  async #read() {
    const { storage, range, newRange } = this.#options
    const stored = await storage.get(recordKey)
    const ports = newRange()
    const record = stored && readRecord(stored.bytes)
    if (record) ports.restore(portsOf(record))
    return { stored, ports, before: record?.range === range.join('-') ? record.data : undefined }
  }

  async #changeOnce<T>(prepare: () => Promise<(ports: PortRange) => T>): Promise<T> {
    const { storage, range } = this.#options
    for (;;) {
      const { stored, ports, before } = await this.#read()
      const edit = await prepare()
      const result = edit(ports)
      const data = dataOf([...ports.taken()].map(port => port - range[0]))
      if (before?.equals(data)) return result
      try {
        const bytes = writeRecord({ range: range.join('-'), data })
        await storage.put(recordKey, bytes, { expect: stored?.modRevision ?? 'absent' })
        return result
      } catch (error) {
        // Another server was faster: on what it has left.
        if (!(error instanceof KeyConflict)) throw error
      }
    }
  }
}
