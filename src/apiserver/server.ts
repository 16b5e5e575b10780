/** Starts the API server: bootstraps what every cluster has, listens, and stops in order. */
import type { ApiHandler } from '../machinery/request.js'
import type { AppListener } from './app.js'
import { followRbac } from './authz/rbac-watch.js'
import { bootstrap } from './bootstrap.js'
import { type Components, newComponents } from './components.js'
import { newUpgradeListener, type Stream } from './connect/upgrade.js'
import { type ApiServerConfig, type ApiServerDeps, defaultLimits } from './deps.js'
import { newDiscovery } from './discovery/discovery.js'
import { type HealthCheck, healthPaths } from './health.js'
import { newInFlightGuard } from './http/in-flight.js'
import { newRequestListener, type PipelineContext, type RequestListener } from './http/pipeline.js'
import { newRouter } from './http/router.js'
import { type Listening, startListening } from './listen.js'
import { registerObjectCounts } from './object-counts.js'
import { newRequestMetrics } from './request-metrics.js'
import { defaultGitVersion, versionInfo } from './version.js'

export interface ApiServer {
  /** `https://host:port`. */
  url: string
  port: number
  /** For callers in the same process. */
  handler: ApiHandler
  /** Answers requests without a socket of ours, for tests. */
  listener: RequestListener
  /** Fails /readyz, ends watches, closes connections. */
  stop(): Promise<void>
}

/** Requests that still run when the server stops have this long. */
const stopGraceMilliseconds = 1000

interface State {
  bootstrapped: boolean
  rolesSynced: boolean
  stopping: AbortController
  port: number
}

const unless = (fine: () => boolean, why: string) => () => (fine() ? undefined : why)

const healthChecks = (state: State): HealthCheck[] => [
  { name: 'ping', check: () => undefined },
  { name: 'log', check: () => undefined },
  { name: 'etcd', check: () => undefined },
  { name: 'informer-sync', endpoints: ['readyz'], check: unless(() => state.rolesSynced, 'roles are not read yet') },
  {
    name: 'poststarthook/start-system-namespaces-controller',
    check: unless(() => state.bootstrapped, 'not finished'),
  },
  { name: 'poststarthook/rbac/bootstrap-roles', check: unless(() => state.bootstrapped, 'not finished') },
  {
    name: 'poststarthook/scheduling/bootstrap-system-priority-classes',
    check: unless(() => state.bootstrapped, 'not finished'),
  },
  {
    name: 'shutdown',
    endpoints: ['readyz'],
    check: unless(() => !state.stopping.signal.aborted, 'process is shutting down'),
  },
]

/** Everything between a parsed socket and the registry. */
function assemble(
  deps: ApiServerDeps,
  config: ApiServerConfig,
  { state, components }: { state: State; components: Components },
) {
  const { clock, random, log, schemas, rests, virtualKinds, metrics } = deps
  const limits = { ...defaultLimits, ...config.limits }
  const { authorize, authenticate, verbs, catalog, signer, issuer } = components
  const serverAddress = () => `${config.advertiseAddress}:${state.port}`
  const checks = healthChecks(state)
  const requestMetrics = newRequestMetrics(metrics)
  registerObjectCounts(rests, metrics)
  const { gitVersion = defaultGitVersion } = config
  let app: Promise<AppListener> | undefined
  const loadApp = async () => {
    const { newApp } = await import('./app.js')
    const paths = () => servedPaths(components, checks)
    const version = versionInfo(gitVersion, process.versions.node)
    return newApp({ version, metrics, signer, issuer, serverAddress, paths, routers: deps.routers ?? [] })
  }
  const serve = newRouter({
    deps,
    rests,
    virtualKinds,
    schemas,
    verbs,
    catalog,
    checks,
    discovery: newDiscovery(catalog, schemas, serverAddress),
    app: () => (app ??= loadApp()),
    now: () => clock.now(),
    maxBodyBytes: limits.maxBodyBytes,
    watchSeconds: () => Math.floor(limits.minRequestTimeoutSeconds * (1 + random.next())),
    stopping: state.stopping.signal,
    countEvents: ({ info }, events) => requestMetrics.watchEvents(info, events),
  })
  const guard = newInFlightGuard(limits, metrics)
  const context: PipelineContext = {
    clock,
    random,
    log,
    schemas,
    authenticate,
    authorize,
    guard,
    metrics: requestMetrics,
    serve,
  }
  const stream: Stream = async upgrade => {
    const { handleStreamingUpgrade } = await import('./streaming/handle-upgrade.js')
    const onError = (error: Error) => log.debug({ error: error.message }, 'Stream failed')
    await handleStreamingUpgrade(upgrade, { clock, onError })
  }
  return {
    listener: newRequestListener(context),
    onUpgrade: newUpgradeListener(context, deps, stream),
  }
}

function servedPaths({ catalog }: Components, checks: readonly HealthCheck[]): string[] {
  const groups = catalog.groups()
  const versions = groups.flatMap(group => group.versions)
  return [
    '/.well-known/openid-configuration',
    '/api',
    '/apis',
    '/apis/',
    ...groups.filter(group => group.name).map(group => `/apis/${group.name}`),
    ...versions.map(({ group, groupVersion }) => (group ? `/apis/${groupVersion}` : `/api/${groupVersion}`)),
    ...healthPaths(checks),
    '/metrics',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    '/version',
  ].sort()
}

/** Resolves when the server is ready: listening, bootstrapped, roles known. */
export async function startApiServer(deps: ApiServerDeps, config: ApiServerConfig): Promise<ApiServer> {
  const { clock, log, rests, schemas } = deps
  const state: State = { bootstrapped: false, rolesSynced: false, stopping: new AbortController(), port: config.port }
  const components = newComponents(deps, config.serviceAccount)
  const { listener, onUpgrade } = assemble(deps, config, { state, components })
  const { signal } = state.stopping

  const followed = followRbac(rests, components.resolver, { signal, log }).then(() => {
    state.rolesSynced = true
  })
  const listening: Listening = await startListening(config, listener, onUpgrade)
  state.port = listening.port
  const endpoint = { address: config.advertiseAddress, port: listening.port, serviceSubnet: config.serviceSubnet }
  await Promise.all([followed, bootstrap({ rests, schemas, log }, endpoint, config.tls.clientCa)])
  state.bootstrapped = true

  const wait = (milliseconds: number) => new Promise<void>(resolve => clock.after(milliseconds, resolve))
  return {
    url: `https://${config.bindAddress}:${listening.port}`,
    port: listening.port,
    handler: components.handler,
    listener,
    async stop() {
      state.stopping.abort()
      await listening.close(stopGraceMilliseconds, wait)
    },
  }
}
