/** The whole API server but for its socket: tests drive it as it is, `server.ts` puts it behind TLS. */
import type { ApiHandler } from '../machinery/request.js'
import type { ServerRecords } from '../registry/server-records.js'
import { registerComputed } from '../telemetry/computed-metric.js'
import type { MetricRegistry } from '../telemetry/metrics.js'
import { followPolicies } from './admission/policy/policies.js'
import { followWebhooks } from './admission/webhook/webhooks.js'
import type { AppListener } from './app.js'
import { followRbac } from './authz/rbac-watch.js'
import { advertise, bootstrap } from './bootstrap.js'
import type { ServerEndpoint } from './bootstrap-objects.js'
import { type Components, newComponents } from './components.js'
import { newUpgradeListener, type Stream, type UpgradeListener } from './connect/upgrade.js'
import { followCustomApiServices } from './custom-api-services.js'
import { DefinitionController } from './custom-resources/definition-controller.js'
import { type ApiServerConfig, type ApiServerDeps, defaultLimits } from './deps.js'
import { newDiscovery } from './discovery/discovery.js'
import { FlowControl } from './flow-control/flow-control.js'
import { FlowObjectFollower } from './flow-control/follow-objects.js'
import { ApiServiceFollower } from './follow-api-services.js'
import { checkHealth, type HealthCheck, healthPaths } from './health.js'
import { healthChecks, type ServerState, storeTimeout } from './health-checks.js'
import { newPacedListener } from './http/paced-listener.js'
import { newRequestListener, type PipelineContext, type RequestListener } from './http/pipeline.js'
import { requestTimeout } from './http/request-deadlines.js'
import { newRouter } from './http/router.js'
import { keepIdentityLease } from './identity-lease.js'
import { newAccessMetrics } from './metrics/access-metrics.js'
import { newAvailabilityMetrics } from './metrics/availability-metrics.js'
import { registerBuildMetrics } from './metrics/build-metrics.js'
import { registerCacheMetrics } from './metrics/cache-metrics.js'
import { type HealthMetrics, newHealthMetrics } from './metrics/health-metrics.js'
import { newRepairMetrics } from './metrics/repair-metrics.js'
import { newRequestMetrics, type ServedRequests } from './metrics/request-metrics.js'
import { PostStartHooks } from './post-start-hooks.js'
import { ServerPresence } from './server-presence.js'
import { keepServicesRepaired } from './service-repair.js'
import { runStartHooks } from './start-hooks.js'
import { keepUp } from './upkeep.js'
import { newUuidSource } from './uuid.js'
import { findSubresource } from './verbs/subresources.js'
import { defaultGitVersion, versionInfo } from './version.js'
import { findVirtualKind } from './virtual-kind.js'

export interface AssembledServer {
  /** Answers requests of both protocols. */
  listener: RequestListener
  onUpgrade: UpgradeListener
  /** To be called when a client could not agree on a connection. */
  onHandshakeError(): void
  /** For callers in the same process. */
  handler: ApiHandler
  /** Reads the roles and writes what every cluster has; ready when it resolves. `port` is where others reach the server. */
  begin(port: number): Promise<void>
  /** Sends pods to this address from now on. */
  advertise(address: string): Promise<void>
  /** From now on /readyz fails, and watches and streams end. */
  end(): void
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
    '/metrics/slis',
    '/openapi/v2',
    '/openapi/v3',
    '/openapi/v3/',
    '/openid/v1/jwks',
    '/version',
  ].sort()
}

/** `serve`, with somebody who looks at each request first. */
const interceptedBy =
  (intercept: NonNullable<ApiServerDeps['intercept']>, serve: PipelineContext['serve']): PipelineContext['serve'] =>
  async exchange => {
    const { info, response } = exchange
    const { isResource, verb, group, resource, subresource, namespace, name } = info
    const cut = () => void response.destroy()
    const onEnd = (callback: () => void) => void response.once('close', callback)
    await intercept({ isResource, verb, group, resource, subresource, namespace, name, cut, onEnd })
    await serve(exchange)
  }

function newPipeline(
  deps: ApiServerDeps,
  config: ApiServerConfig,
  components: Components,
  { state, flow, health }: { state: ServerState; flow: FlowControl; health: HealthMetrics },
): PipelineContext {
  const { clock, random, log, schemas, rests, virtualKinds, metrics } = deps
  const limits = { ...defaultLimits, ...config.limits }
  const { authorize, authenticate, verbs, catalog, signer, issuer, aggregator } = components
  const serverAddress = () => `${state.address}:${state.port}`
  const checks = () => healthChecks(state)
  const requestMetrics = newRequestMetrics(metrics, servedRequests(deps, checks))
  const access = newAccessMetrics(metrics)
  registerCacheMetrics(metrics, rests)
  const { gitVersion = defaultGitVersion } = config
  const version = versionInfo(gitVersion, process.versions.node)
  registerBuildMetrics(metrics, version)
  let app: Promise<AppListener> | undefined
  const loadApp = async () => {
    const { newApp } = await import('./app.js')
    const paths = () => servedPaths(components, checks())
    return newApp({
      version,
      metrics,
      slis: health.registry,
      flow: flow.configuration,
      signer,
      issuer,
      serverAddress,
      paths,
      routers: deps.routers ?? [],
    })
  }
  const serve = newRouter({
    deps,
    rests,
    virtualKinds,
    schemas,
    verbs,
    catalog,
    aggregator,
    checks,
    health: health.observe,
    discovery: newDiscovery(catalog, schemas, serverAddress),
    app: () => (app ??= loadApp()),
    now: () => clock.now(),
    maxBodyBytes: limits.maxBodyBytes,
    watchSeconds: () => Math.floor(limits.minRequestTimeoutSeconds * (1 + random.next())),
    stopping: state.stopping.signal,
    eventCounter: ({ info }) => requestMetrics.watchEvents(info),
  })
  const enter: PipelineContext['enter'] = (exchange, wait) => flow.enter(exchange, wait)
  const newUuid = newUuidSource(random)
  const context = { clock, newUuid, log, schemas, authenticate, authorize, enter, metrics: requestMetrics, access }
  return {
    ...context,
    ...(deps.audit && { audit: deps.audit }),
    serve: deps.intercept ? interceptedBy(deps.intercept, serve) : serve,
  }
}

function servedRequests({ rests, virtualKinds }: ApiServerDeps, checks: () => readonly HealthCheck[]): ServedRequests {
  return {
    kindOf(info) {
      const { group, version, resource, subresource } = info
      const kind = rests.find(group, version, resource)?.kind ?? findVirtualKind(virtualKinds, info)
      return kind && (!subresource || findSubresource(kind, subresource)) ? kind : undefined
    },
    isHealthCheck: name => checks().some(check => check.name === name),
  }
}

/** A request may wait for a quarter of the time it has. */
const maxWait = requestTimeout / 4

function newFlowControl({ clock, metrics, rests }: ApiServerDeps, config: ApiServerConfig): FlowControl {
  const { maxRequestsInFlight, maxMutatingRequestsInFlight } = { ...defaultLimits, ...config.limits }
  return new FlowControl({
    clock,
    metrics,
    serverSeats: maxRequestsInFlight + maxMutatingRequestsInFlight,
    maxWait,
    stats({ group, version, resource }) {
      const stats = rests.find(group, version, resource)?.stats?.()
      return stats && { objects: stats.objects, objectBytes: stats.objects ? stats.bytes / stats.objects : 0 }
    },
  })
}

function countHandshakeErrors(metrics: MetricRegistry): () => void {
  let count = 0
  registerComputed(metrics, {
    name: 'apiserver_tls_handshake_errors_total',
    help: "[ALPHA] Number of requests dropped with 'TLS handshake error from' error",
    type: 'counter',
    values: () => [{ labels: {}, value: count }],
  })
  return () => {
    count++
  }
}

function newServerState({ clock, checkStore = async () => {} }: ApiServerDeps, address: string): ServerState {
  return {
    bootstrapped: false,
    informed: false,
    stopping: new AbortController(),
    address,
    port: 0,
    hooks: new PostStartHooks(),
    checkStore: () =>
      new Promise((resolve, reject) => {
        const timer = clock.after(storeTimeout, () => reject(new Error('context deadline exceeded')))
        checkStore()
          .then(resolve, reject)
          .finally(() => timer.cancel())
      }),
  }
}

/** Only a server that others can reach tells of itself. */
function newPresence(
  records: ServerRecords,
  { clock, log }: ApiServerDeps,
  { config, state, advertise }: { config: ApiServerConfig; state: ServerState; advertise(): Promise<void> },
): ServerPresence {
  const isLocal = config.bindAddress === '::1' || config.bindAddress.startsWith('127.')
  return new ServerPresence({
    ...{ records, clock, log, signal: state.stopping.signal, onChange: advertise },
    own: () => (isLocal && !state.isReachable ? undefined : { address: state.address, port: state.port }),
  })
}

export function assembleApiServer(deps: ApiServerDeps, config: ApiServerConfig): AssembledServer {
  const { clock, log, rests, schemas } = deps
  const state = newServerState(deps, config.advertiseAddress)
  const components = newComponents(deps, config)
  const flow = newFlowControl(deps, config)
  const health = newHealthMetrics()
  const context = newPipeline(deps, config, components, { state, flow, health })
  const stream: Stream = async upgrade => {
    const { handleStreamingUpgrade } = await import('./streaming/handle-upgrade.js')
    const onError = (error: Error) => log.debug({ error: error.message }, 'Stream failed')
    await handleStreamingUpgrade(upgrade, { clock, onError })
  }
  const { signal } = state.stopping
  const { aggregator, conversions } = components
  const definitions = new DefinitionController({ rests, schemas, clock, log, signal, conversions })
  const flowObjects = new FlowObjectFollower(flow, { rests, handler: components.handler, clock, log, signal })
  // Nobody waits for these: what they write is about a server that is there.
  const announce = () => {
    const failed = (error: unknown) => log.warn({ error: String(error) }, 'Cannot follow the APIServices')
    const availability = newAvailabilityMetrics(deps.metrics)
    const follower = { rests, schemas, clock, log, signal, aggregator, metrics: availability }
    const apiServices = new ApiServiceFollower(follower).begin()
    for (const name of ['apiservice-registration-controller', 'apiservice-status-local-available-controller'])
      state.hooks.run(name, apiServices).catch(failed)
    followCustomApiServices({ rests, clock, log, signal }).catch(failed)
    const { handler } = components
    const { repairs = [] } = deps
    const mended = keepServicesRepaired({
      ...{ repairs, handler, clock, log, signal, hostname: config.hostname ?? '' },
      metrics: newRepairMetrics(deps.metrics),
    })
    void state.hooks.run('start-service-ip-repair-controllers', mended)
    if (!config.hostname) return
    const lease = keepIdentityLease(config.hostname, { rests, clock, random: deps.random, log, signal })
    void state.hooks.run('start-kube-apiserver-identity-lease-controller', lease)
  }
  const presence: ServerPresence | undefined =
    deps.servers && newPresence(deps.servers, deps, { config, state, advertise: () => publish() })
  const endpoint = (): ServerEndpoint => ({
    ...{ address: state.address, port: state.port, serviceSubnet: config.serviceSubnet },
    serving: presence?.addresses,
  })
  const publish = (): Promise<void> => advertise(endpoint(), { rests, schemas, log, clock })
  return {
    listener: newPacedListener(newRequestListener(context), setImmediate),
    onUpgrade: newUpgradeListener(context, { deps, stopping: signal, aggregator }, stream),
    onHandshakeError: countHandshakeErrors(deps.metrics),
    handler: components.handler,
    async begin(port) {
      state.port = port
      await presence?.look(port)
      const { requestHeader } = config.authentication ?? {}
      const objects = bootstrap({ rests, schemas, log, clock, requestHeader }, endpoint(), config.tls.clientCa)
      const following = { clock, log, signal }
      const roles = followRbac(rests, components.resolver, following)
      const policies = followPolicies(rests, components.policies, following)
      const webhooks = followWebhooks(rests, components.webhooks, following)
      const followed = flowObjects.follow()
      const flow = { followed, ensured: followed.then(() => flowObjects.ensure()) }
      await runStartHooks(state.hooks, rests, {
        access: Promise.all([roles, policies, webhooks]),
        ...{ objects, flowObjects: flow, definitions: definitions.begin() },
      })
      state.informed = true
      state.bootstrapped = true
      // The first answer is known before the first question: /metrics/slis tells of a server that nobody has asked yet.
      await checkHealth('readyz', healthChecks(state), { observe: health.observe })
      announce()
      presence?.keepLooking(port)
      const { clientCa } = config.tls
      keepUp({ ...{ rests, schemas, clock, log, requestHeader, clientCa, endpoint }, signal: state.stopping.signal })
    },
    async advertise(address) {
      state.address = address
      state.isReachable = true
      await presence?.look(state.port)
      await publish()
    },
    end: () => state.stopping.abort(),
  }
}
