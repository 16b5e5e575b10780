/** Opens the store on an etcd, which stock API servers may have written too. */
import { loadSchemas } from '../../apis/generated/schema.js'
import { readForeignValue } from '../../registry/foreign-values.js'
import { EncryptedStorage } from '../../storage/encryption/encrypted-storage.js'
import { identity } from '../../storage/encryption/identity.js'
import type { GrpcTls } from '../../storage/etcd/grpc.js'
import { openEtcdStorage } from '../../storage/etcd/open.js'
import type { Storage } from '../../storage/storage.js'
import type { Logger } from '../../telemetry/logger.js'
import type { ApiServerFlags } from '../api-server-flags.js'
import { UsageError } from '../flags.js'
import { historyAgeOf } from '../history-age.js'
import { readFlagFile } from '../read-flag-file.js'
import type { EtcdLocation } from '../storage-location.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'
import { type EncryptionFlags, openEncryption, refuseEncrypted } from './encryption.js'

type EtcdTlsFlags = Pick<ApiServerFlags, 'etcd-cafile' | 'etcd-certfile' | 'etcd-keyfile'>
export type EtcdFlags = EtcdTlsFlags & EncryptionFlags & Pick<ApiServerFlags, 'etcd-compaction-interval'>

async function readTls(flags: EtcdTlsFlags): Promise<GrpcTls | undefined> {
  const names = ['etcd-cafile', 'etcd-certfile', 'etcd-keyfile'] as const
  const [ca, cert, key] = await Promise.all(names.map(name => readFlagFile(name, flags[name])))
  if ((cert === undefined) !== (key === undefined))
    throw new UsageError('--etcd-certfile and --etcd-keyfile must be given together')
  if (ca === undefined && cert === undefined) return undefined
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/** What every cluster has, and what is encrypted first. */
const lookedAt = ['/registry/namespaces/', '/registry/secrets/']

/** Throws UserError when no member answers, and where values are encrypted by keys that were not named. */
export async function openEtcd({ members, prefix }: EtcdLocation, flags: EtcdFlags, log: Logger): Promise<Storage> {
  const schemas = loadSchemas()
  const tls = await readTls(flags)
  const compactEvery = historyAgeOf(flags)
  const endpoints = members.map(member => `${tls ? 'https' : 'http'}://${member}`)
  const encryption = await openEncryption(flags, log)
  const form = { pathPrefix: prefix, readValue: (value: Uint8Array) => readForeignValue(schemas, value) }
  // Neither timers nor connections to etcd keep a process alive, and nothing else goes on yet.
  const alive = setInterval(() => {}, 1000)
  try {
    const storage = await openEtcdStorage({
      ...{ clock, log, endpoints, prefix },
      ...(tls && { tls }),
      ...(compactEvery !== undefined && { compactEvery }),
    })
    if (encryption) return encryption.within(storage, form)
    await refuseEncrypted(storage, lookedAt, 1)
    return new EncryptedStorage({ storage, log, transformerOf: () => identity, ...form })
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(
      `etcd does not answer at ${members.join(', ')} (${(error as Error).message}): start it, or name another by --storage`,
    )
  } finally {
    clearInterval(alive)
  }
}
