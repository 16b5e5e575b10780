/** What `--encryption-provider-config` asks for, around a store; most clusters ask for nothing, and then none of it is loaded. */
import { isEncrypted } from '../../storage/encryption/identity.js'
import type { Storage } from '../../storage/storage.js'
import type { Logger } from '../../telemetry/logger.js'
import type { ApiServerFlags } from '../api-server-flags.js'
import type { Encryption } from '../encryption-config.js'
import { UsageError } from '../flags.js'
import { readFlagFile } from '../read-flag-file.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'

export type EncryptionFlags = Pick<
  ApiServerFlags,
  'encryption-provider-config' | 'encryption-provider-config-automatic-reload'
>

/** Undefined where the flag is absent. Throws UsageError. */
export async function openEncryption(flags: EncryptionFlags, log: Logger): Promise<Encryption | undefined> {
  const { 'encryption-provider-config': path, 'encryption-provider-config-automatic-reload': reload = 'false' } = flags
  if (reload !== 'true' && reload !== 'false')
    throw new UsageError(`--encryption-provider-config-automatic-reload must be true or false, not "${reload}"`)
  if (path) {
    const { readEncryption } = await import('../encryption-config.js')
    const readText = async () => (await readFlagFile('encryption-provider-config', path)) ?? ''
    return readEncryption({ path, readText, reload: reload === 'true', clock, log })
  }
  if (reload === 'true')
    throw new UsageError('--encryption-provider-config-automatic-reload must be set with --encryption-provider-config')
  return undefined
}

/**
 * Without keys a server would come up and serve nothing of what is encrypted. `where`: prefixes of keys to look at, and how many of
 * each; default: all there is. Closes the store when it throws, a UserError.
 */
export async function refuseEncrypted(storage: Storage, where: readonly string[] = ['/'], limit = 0): Promise<void> {
  for (const prefix of where) {
    const { items } = await storage.list(prefix, { limit })
    const found = items.find(({ bytes }) => isEncrypted(bytes))
    if (!found) continue
    await storage.close()
    throw new UserError(`${found.key} is encrypted: name the keys of the store by --encryption-provider-config`)
  }
}
