/** Our API server alone: nothing beside it that would act on objects, everything in memory. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startControlPlane } from '../../src/cli/cluster/control-plane.js'
import { resolveConfiguration } from '../../src/cli/configuration.js'
import { ensurePki } from '../../src/cli/pki/pki.js'
import { systemClock } from '../../src/cli/system.js'
import { newMemoryStorage } from '../../src/storage/memory/open.js'
import { newLogger } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'
import { adminToken } from './admin-token.js'
import type { RunningSide } from './servers.js'

const tokens = `${adminToken},admin,admin,system:masters\n`

/** Keys go below `directory`. Port 0 picks a free one. */
export async function startOurServer(directory: string, port: number): Promise<RunningSide> {
  const tokenFile = join(directory, 'tokens.csv')
  writeFileSync(tokenFile, tokens, { mode: 0o600 })
  const hosts = ['127.0.0.1', 'localhost']
  const pki = await ensurePki({ directory: join(directory, 'pki'), hosts, now: Date.now() })
  const flags = { 'data-dir': directory, port: String(port), runtime: 'none', controllers: 'none', scheduler: 'false' }
  const plane = await startControlPlane(await resolveConfiguration({ ...flags, 'token-auth-file': tokenFile }, {}), {
    storage: newMemoryStorage(systemClock),
    pki,
    log: newLogger('warn'),
    metrics: newMetricRegistry(),
    nodes: () => undefined,
    components: [],
  })
  return {
    name: 'ours',
    url: plane.server.url,
    tls: { rejectUnauthorized: false },
    headers: { authorization: `Bearer ${adminToken}` },
    stop: () => plane.stop(),
  }
}
