/** Store, registry and API server of a cluster, and clients that act as its components. */
import { hostname, networkInterfaces } from 'node:os'
import { fileURLToPath } from 'node:url'
import { event as coreEvent } from '../../apis/core-v1/event.js'
import { loadSchemas } from '../../apis/generated/schema.js'
import { conversions, storedKinds, virtualKinds } from '../../apis/index.js'
import { Aggregator } from '../../apiserver/aggregation/aggregator.js'
import type { RequestHeaderConfig } from '../../apiserver/authn/configuration.js'
import type { ApiServerConfig, ApiServerDeps } from '../../apiserver/deps.js'
import { NodeMetricsAggregation } from '../../apiserver/node-metrics/with-node-metrics.js'
import { openApiRouter } from '../../apiserver/openapi/router.js'
import { newTcpDial } from '../../apiserver/proxy/dial.js'
import { type ApiServer, startApiServer } from '../../apiserver/server.js'
import type { Client } from '../../client/client.js'
import { newInProcessClient } from '../../client/in-process.js'
import type { NodeDirectory } from '../../machinery/node-api.js'
import { issueCertificate, type KeyPair } from '../../machinery/pki/certificates.js'
import type { ApiHandler, UserInfo } from '../../machinery/request.js'
import type { ComponentCheck } from '../../registry/component-statuses.js'
import { startEventExpiry } from '../../registry/event-expiry.js'
import { measureStorage } from '../../registry/measured-storage.js'
import { newRegistry } from '../../registry/registry.js'
import { newServerRecords } from '../../registry/server-records.js'
import type { Storage } from '../../storage/storage.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { GivenApiServerConfig } from '../api-server-config.js'
import type { Configuration } from '../configuration.js'
import { frontProxyName, type Pki } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { UserError } from '../user-error.js'
import { kubernetesVersion } from '../version.js'
import { withExtensions } from './extension-client.js'
import { userAgentOf } from './identities.js'

export interface ControlPlane {
  server: ApiServer
  /** A client in this process that acts as that user. */
  clientFor(user: UserInfo): Client
  stop(): Promise<void>
}

export interface ControlPlaneDeps {
  storage: Storage
  pki: Pki
  log: Logger
  metrics: MetricRegistry
  nodes: NodeDirectory
  /** What ComponentStatuses tell about, besides the store. */
  components: readonly ComponentCheck[]
  intercept?: ApiServerDeps['intercept']
  /** As of the registry's services: node ports are recorded in the store. */
  portsInStore?: boolean | undefined
}

/** DNS names and addresses that the server's certificate is good for. */
export function serverHosts({
  bindAddress,
  serviceSubnet,
}: Pick<Configuration, 'bindAddress' | 'serviceSubnet'>): string[] {
  const names = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local']
  const bound = bindAddress === '0.0.0.0' || bindAddress === '::' ? ownAddresses() : [bindAddress]
  return [...new Set([...names, 'localhost', hostname(), '127.0.0.1', '::1', firstServiceIp(serviceSubnet), ...bound])]
}

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces()).flatMap(list =>
    (list ?? []).filter(a => !a.internal && a.family === 'IPv4').map(a => a.address),
  )

/** The kubernetes service's, as upstream assigns it. */
function firstServiceIp(subnet: string): string {
  const [a, b, c, d] = subnet.split('/')[0]!.split('.').map(Number)
  return `${a}.${b}.${c}.${d! + 1}`
}

const isLoopback = (address: string) => address === '::1' || address.startsWith('127.')
const isUnspecified = (address: string) => address === '0.0.0.0' || address === '::'

/** Endpoints may not be loopback addresses; like upstream, fall back on the machine's own. */
function advertiseAddress(bindAddress: string): string {
  if (!isLoopback(bindAddress) && !isUnspecified(bindAddress)) return bindAddress
  return ownAddresses()[0] ?? bindAddress
}

/** Explains what usually keeps a server from listening. */
function explainListenError(error: unknown, { bindAddress, port }: Configuration): unknown {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE')
    return new UserError(
      `port ${port} of ${bindAddress} is in use: stop what listens there (\`minik8s down\`, if it is a minik8s), or choose another with --port`,
    )
  if (code === 'EACCES')
    return new UserError(`port ${port} may not be used by this user: choose one above 1023 with --port`)
  if (code === 'EADDRNOTAVAIL')
    return new UserError(`this machine has no address ${bindAddress}: choose another with --bind-address`)
  return error
}

/** How extension servers are told of users; proxies of the user's own may do as the aggregator does. */
const ownRequestHeader = ({ frontProxy }: Pki): RequestHeaderConfig => ({
  clientCa: frontProxy.ca.certificate,
  allowedNames: [frontProxyName],
  usernameHeaders: ['X-Remote-User'],
  uidHeaders: ['X-Remote-Uid'],
  groupHeaders: ['X-Remote-Group'],
  extraHeaderPrefixes: ['X-Remote-Extra-'],
})

const serverConfig = (
  { bindAddress, port, serviceSubnet }: Configuration,
  pki: Pki,
  given: Partial<GivenApiServerConfig>,
): ApiServerConfig => ({
  bindAddress,
  port,
  serviceSubnet,
  hostname: hostname(),
  advertiseAddress: advertiseAddress(bindAddress),
  tls: { certificate: pki.apiserver.certificate, key: pki.apiserver.key, clientCa: pki.ca.certificate },
  serviceAccount: { signingKey: pki.serviceAccount.privateKey, publicKey: pki.serviceAccount.publicKey },
  gitVersion: `${kubernetesVersion}+minik8s`,
  ...(given.admission && { admission: given.admission }),
  authentication: {
    ...given.authentication,
    requestHeader: given.authentication?.requestHeader ?? ownRequestHeader(pki),
  },
})

/** Most clusters ask for none of this: then its code is not even loaded. */
const givenConfig = async ({ apiServer }: Configuration): Promise<Partial<GivenApiServerConfig>> =>
  apiServer ? (await import('../api-server-config.js')).readApiServerConfig(apiServer) : {}

/** Upstream's name for it, whatever the engine. */
const storeCheck = (storage: Storage): ComponentCheck => ({
  name: 'etcd-0',
  async check() {
    await storage.get('/registry/health')
  },
})

const kubeletClientDays = 365

/** Whom kubelets of other processes are shown; made when the first of them is asked. */
function kubeletClientOf({ ca }: Pki): () => KeyPair {
  let made: KeyPair | undefined
  return () => {
    made ??= issueCertificate(ca, {
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['system:masters'],
      usage: 'client',
      now: clock.now(),
      days: kubeletClientDays,
    })
    return made
  }
}

/** Then there is something to measure. */
const hasRealPods = ({ runtime, nodes }: Configuration) => nodes > 0 && runtime !== 'sim' && runtime !== 'none'

/** Resolves when `/readyz` answers 200. */
export async function startControlPlane(config: Configuration, deps: ControlPlaneDeps): Promise<ControlPlane> {
  const { pki, log, metrics, nodes } = deps
  const schemas = loadSchemas()
  const services = { subnets: config.serviceSubnet.split(','), portsInStore: deps.portsInStore === true }
  const store = storeCheck(deps.storage)
  const registry = newRegistry({
    kinds: storedKinds,
    conversions,
    storage: measureStorage(deps.storage, { clock, metrics, kinds: storedKinds }),
    clock,
    random,
    schemas,
    services,
    components: [...deps.components, store],
  })
  const directory = fileURLToPath(new URL('openapi', import.meta.url))
  const given = await givenConfig(config)
  const remote = new Aggregator({
    ...{ rests: registry, clock, random, log },
    dial: newTcpDial(clock),
    client: given.proxyClient ?? pki.frontProxy.client,
  })
  const kubeletClient = kubeletClientOf(pki)
  const measured = { rests: registry, nodes, kubeletClient, clock }
  const aggregator = hasRealPods(config) ? new NodeMetricsAggregation(remote, measured) : remote
  const openApi = openApiRouter({ directory, now: clock.now, rests: registry, aggregator })
  const server = await startApiServer(
    {
      ...{ clock, random, log, metrics, virtualKinds, schemas, nodes },
      kubeletClient,
      rests: registry,
      repairs: registry.repairs,
      aggregator,
      routers: [openApi],
      checkStore: () => store.check(),
      ...(deps.storage.sync && { servers: newServerRecords(deps.storage) }),
      ...(given.audit && { audit: given.audit }),
      ...(deps.intercept && { intercept: deps.intercept }),
    },
    serverConfig(config, pki, given),
  ).catch(error => {
    throw explainListenError(error, config)
  })
  const events = registry.rest(coreEvent)
  const stopExpiry = startEventExpiry({ events, clock }, error =>
    log.error({ error: String(error) }, 'Old events could not be deleted'),
  )
  return {
    server,
    clientFor(user) {
      const userAgent = userAgentOf(user)
      const handler: ApiHandler = request => server.handler({ ...request, userAgent })
      const own = newInProcessClient(handler, user, () => [...registry.kinds(), ...virtualKinds])
      return withExtensions(own, user, { aggregator, clock })
    },
    async stop() {
      stopExpiry()
      await server.stop()
      registry.close()
    },
  }
}
