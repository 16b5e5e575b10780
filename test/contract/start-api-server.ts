/** An API server with an empty store in memory, on a free port of localhost, as contract tests want it. */
import { loadSchemas } from '../../src/apis/generated/schema.js'
import { conversions, storedKinds, virtualKinds } from '../../src/apis/index.js'
import { type ApiServer, startApiServer } from '../../src/apiserver/server.js'
import type { readApiServerConfig } from '../../src/cli/api-server-config.js'
import type { Pki } from '../../src/cli/pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../../src/cli/system.js'
import { newRegistry } from '../../src/registry/registry.js'
import { newMemoryStorage } from '../../src/storage/memory/open.js'
import { silentLogger as log } from '../../src/telemetry/logger.js'
import { newMetricRegistry } from '../../src/telemetry/metrics.js'

/** `settings`: what flags say of who may ask and what is recorded. */
export function startTestApiServer(
  pki: Pki,
  { audit, ...settings }: Partial<Awaited<ReturnType<typeof readApiServerConfig>>> = {},
): Promise<ApiServer> {
  const schemas = loadSchemas()
  const storage = newMemoryStorage(clock)
  const rests = newRegistry({ kinds: storedKinds, conversions, storage, clock, random, schemas })
  const { certificate, key } = pki.apiserver
  const deps = { clock, random, log, metrics: newMetricRegistry(), rests, virtualKinds, schemas }
  return startApiServer(
    { ...deps, ...(audit && { audit }) },
    {
      bindAddress: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.10',
      tls: { certificate, key, clientCa: pki.ca.certificate },
      serviceAccount: { signingKey: pki.serviceAccount.privateKey, publicKey: pki.serviceAccount.publicKey },
      serviceSubnet: '10.96.0.0/16',
      ...settings,
    },
  )
}
