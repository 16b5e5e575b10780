/** Our API server as a process: nothing beside it that would act on objects. Arguments: directory for keys, port. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startControlPlane } from '../../src/cli/cluster/control-plane.js'
import type { Configuration } from '../../src/cli/configuration.js'
import { ensurePki } from '../../src/cli/pki/pki.js'
import { systemClock } from '../../src/cli/system.js'
import { issueCertificate } from '../../src/machinery/pki/certificates.js'
import { newMemoryStorage } from '../../src/storage/memory/open.js'
import { newLogger } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'

const [dir, port] = process.argv.slice(2) as [string, string]
const pki = await ensurePki({ directory: join(dir, 'pki'), hosts: ['127.0.0.1', 'localhost'], now: Date.now() })
const config: Configuration = {
  dataDir: dir,
  port: Number(port),
  bindAddress: '127.0.0.1',
  runtime: 'none',
  nodes: 0,
  removeContainers: false,
  logLevel: 'warn',
  serviceSubnet: '10.96.0.0/16',
  controllers: [],
  scheduler: false,
}
await startControlPlane(config, {
  storage: newMemoryStorage(systemClock),
  pki,
  log: newLogger('warn'),
  metrics: newMetricRegistry(),
  nodes: () => undefined,
  components: [],
})
// The same user as the stock server's.
const admin = issueCertificate(pki.ca, {
  commonName: 'admin',
  organizations: ['system:masters'],
  usage: 'client',
  now: Date.now(),
  days: 1,
})
writeFileSync(join(dir, 'client.key'), admin.key)
writeFileSync(join(dir, 'client.crt'), admin.certificate)
