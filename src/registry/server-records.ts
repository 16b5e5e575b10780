/** Records of the API servers that share a store, in upstream's place and form: each goes by itself when its server does not renew it. */
import type { Storage } from '../storage/storage.js'

const prefix = '/registry/masterleases/'
/** Upstream's figure, in milliseconds. */
const timeToLive = 15_000

export interface ServerRecord {
  address: string
  /** Undefined in the record of a stock server. */
  port?: number
}

export interface ServerRecords {
  renew(server: ServerRecord): Promise<void>
  remove(server: ServerRecord): Promise<void>
  all(): Promise<ServerRecord[]>
}

interface Endpoints {
  subsets?: { addresses?: { ip: string }[]; ports?: { port: number }[] }[]
}

/** Servers on one address differ in their ports. */
const keyOf = ({ address, port }: ServerRecord) => `${prefix}${address}:${port}`

function read(bytes: Uint8Array): ServerRecord[] {
  const [{ addresses = [], ports = [] } = {}] = (JSON.parse(new TextDecoder().decode(bytes)) as Endpoints).subsets ?? []
  return addresses.slice(0, 1).map(({ ip }) => ({ address: ip, ...(ports[0] && { port: ports[0].port }) }))
}

export const newServerRecords = (storage: Storage): ServerRecords => ({
  async renew(server) {
    const { address, port } = server
    const subsets = [{ addresses: [{ ip: address }], ports: [{ port }] }]
    const record = { kind: 'Endpoints', apiVersion: 'v1', metadata: { creationTimestamp: null }, subsets }
    await storage.put(keyOf(server), new TextEncoder().encode(JSON.stringify(record)), { timeToLive })
  },
  async remove(server) {
    await storage.delete(keyOf(server))
  },
  async all() {
    return (await storage.list(prefix)).items.flatMap(({ bytes }) => read(bytes))
  },
})
