/** `snapshot serve`: an API server that shows a stored state and takes no writes; nothing acts on it, and no file is changed. */
import { randomBytes } from 'node:crypto'
import { StatusError } from '../../machinery/status-error.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { newLogger } from '../../telemetry/logger.js'
import { type Cluster, startCluster } from '../cluster/cluster.js'
import { serverHosts } from '../cluster/control-plane.js'
import { type EncryptionFlags, openEncryption, refuseEncrypted } from '../cluster/encryption.js'
import { type Configuration, defaults } from '../configuration.js'
import { newPki } from '../pki/pki.js'
import { systemClock as clock } from '../system.js'
import type { StoreState } from './state.js'

const readingVerbs = new Set(['get', 'list', 'watch'])
/** Questions that are asked by creating something that is not kept. */
const questions = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

export interface ServeOptions extends EncryptionFlags {
  port: number
}

/** With a certificate authority of its own, which ends with it. Throws UsageError and UserError. */
export async function serveState({ tree, revision }: StoreState, { port, ...keys }: ServeOptions): Promise<Cluster> {
  const bindAddress = '127.0.0.1'
  const config: Configuration = {
    ...defaults,
    ...{ bindAddress, port, runtime: 'none', controllers: [], scheduler: false, dataDir: '' },
  }
  const log = newLogger('error')
  const state = newMemoryStorage(clock, {}, { tree, revision })
  const encryption = await openEncryption(keys, log)
  if (!encryption) await refuseEncrypted(state)
  const pki = await newPki({ hosts: serverHosts(config), now: clock.now() })
  return startCluster(config, log, {
    foundation: { id: randomBytes(5).toString('hex'), storage: encryption?.within(state) ?? state, pki },
    async intercept({ isResource, verb, group }) {
      if (!isResource || readingVerbs.has(verb) || questions.has(group)) return
      throw new StatusError(405, 'MethodNotAllowed', 'this server shows a saved state: it takes no writes')
    },
  })
}
