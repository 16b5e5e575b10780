/** Opens the store on an etcd. */
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { startCompactor } from './compactor.js'
import { EtcdClient, revisionErrorOf } from './etcd-client.js'
import { EtcdStorage } from './etcd-storage.js'
import type { GrpcTls } from './grpc.js'
import { KeySpace } from './key-space.js'

/** Upstream's: every five minutes, what is older than the round before; events are remembered for as long. Milliseconds. */
const compactionInterval = 5 * 60_000
const bounds = { maxEvents: 100_000, maxBytes: 256 << 20 }
/** Revisions taken up at the start, so that watches that another server served can go on here. */
const pastRevisions = 5_000

export interface EtcdStoreOptions {
  clock: Clock
  log: Logger
  /** `http://host:port` or `https://…` of each member. */
  endpoints: readonly string[]
  tls?: GrpcTls
  /** Put before all keys. Default: nothing. */
  prefix?: string
  /** Which keys belong to the store; ends in '/'. Default `/registry/`. */
  directory?: string
  /** Milliseconds between compactions; 0: somebody else sees to it. Default five minutes. */
  compactEvery?: number
}

/** Throws GrpcError when no member answers. */
export async function openEtcdStorage(options: EtcdStoreOptions): Promise<EtcdStorage> {
  const { clock, log, endpoints, tls, prefix = '', directory = '/registry/' } = options
  const client = new EtcdClient({ clock, endpoints, ...(tls && { tls }) })
  const { compactEvery = compactionInterval } = options
  let stopCompactor = () => {}
  const storage = new EtcdStorage({
    ...{ client, clock, log },
    bounds: { ...bounds, maxAge: 2 * (compactEvery || compactionInterval) },
    keys: new KeySpace({ prefix, directory }),
    onClose: () => stopCompactor(),
  })
  try {
    await storage.start(pastRevisions)
  } catch (error) {
    await storage.close()
    throw error
  }
  if (compactEvery > 0)
    stopCompactor = startCompactor({
      ...{ client, clock, interval: compactEvery },
      onError(error) {
        if (!revisionErrorOf(error)) log.warn({ error: String(error) }, 'etcd could not be compacted')
      },
    })
  return storage
}
