/**
 * The layer table of ARCHITECTURE.md as data: which folder below `src/` may import which others.
 * `npm run check` fails on an import that this table does not allow, and on any cycle.
 */
export const layers: Record<string, readonly string[]> = {
  machinery: [],
  telemetry: [],
  apis: ['machinery'],
  storage: ['machinery', 'telemetry'],
  watch: ['storage', 'machinery', 'telemetry'],
  registry: ['watch', 'storage', 'apis', 'machinery', 'telemetry'],
  apiserver: ['registry', 'watch', 'apis', 'machinery', 'telemetry'],
  client: ['machinery', 'apis', 'telemetry'],
  controllers: ['client', 'apis', 'machinery', 'telemetry'],
  scheduler: ['client', 'apis', 'machinery', 'telemetry'],
  kubelet: ['client', 'apis', 'machinery', 'telemetry'],
  network: ['client', 'apis', 'machinery', 'telemetry'],
}

/** Folders and files that see every layer: the composition root. */
export const compositionRoot = [
  'cli',
  'embedding',
  'operator',
  'main.ts',
  'launch.ts',
  'launch-embedded.ts',
  'launch-operator.ts',
  'launch-bundle.ts',
] as const

/** npm packages that only one place may import, so that each can be replaced there. */
export const packageOwners: Record<string, string> = {
  dockerode: 'src/kubelet/runtime/docker',
  '@noble/ciphers': 'src/storage/encryption',
  'dns-packet': 'src/network/dns',
  express: 'src/apiserver',
  'prom-client': 'src/telemetry',
  pino: 'src/telemetry',
}
