/** A whole API server in memory for tests: no sockets, no disk, the clock stands still unless moved. */
import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import supertest from 'supertest'
import { loadSchemas } from '../../apis/generated/schema.js'
import { conversions, storedKinds, virtualKinds } from '../../apis/index.js'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { ApiRequest } from '../../machinery/request.js'
import { newRegistry } from '../../registry/registry.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import { silentLogger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Aggregation } from '../aggregation/aggregation.js'
import { Aggregator } from '../aggregation/aggregator.js'
import { assembleApiServer } from '../assemble.js'
import { legacyClaims } from '../authn/legacy-token.js'
import { newTokenSigner } from '../authn/service-account-token.js'
import { loopback } from '../authn/user.js'
import type { ApiServerConfig, ApiServerDeps, Limits, RestDirectory } from '../deps.js'
import { newTcpDial } from '../proxy/dial.js'

const keys = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
})

export interface FixtureOptions {
  nodes?: ApiServerDeps['nodes']
  dial?: ApiServerDeps['dial']
  kubeletClient?: ApiServerDeps['kubeletClient']
  checkStore?: ApiServerDeps['checkStore']
  limits?: Partial<Limits>
  admission?: ApiServerConfig['admission']
  authentication?: ApiServerConfig['authentication']
  /** What the aggregator shows extension servers. */
  proxyClient?: KeyPair
  /** Puts something around the aggregator. */
  aroundAggregator?: (aggregator: Aggregation, rests: RestDirectory) => Aggregation
}

/** A server that is ready; `default` has its service account. */
export async function newServerFixture({
  nodes,
  dial,
  kubeletClient,
  checkStore,
  proxyClient,
  aroundAggregator,
  ...config
}: FixtureOptions = {}) {
  const clock = new FakeClock()
  const random = new SeededRandom()
  const schemas = loadSchemas()
  const storage = newMemoryStorage(clock)
  const rests = newRegistry({ kinds: storedKinds, conversions, storage, clock, random, schemas })
  const metrics = newMetricRegistry()
  const aggregator = new Aggregator({
    ...{ rests, clock, random, log: silentLogger },
    dial: dial ?? newTcpDial(clock),
    ...(proxyClient && { client: proxyClient }),
  })
  const server = assembleApiServer(
    {
      clock,
      random,
      log: silentLogger,
      metrics,
      rests,
      repairs: rests.repairs,
      virtualKinds,
      schemas,
      aggregator: aroundAggregator?.(aggregator, rests) ?? aggregator,
      ...(nodes && { nodes }),
      ...(dial && { dial }),
      ...(kubeletClient && { kubeletClient }),
      ...(checkStore && { checkStore }),
    },
    {
      bindAddress: '127.0.0.1',
      port: 0,
      advertiseAddress: '192.0.2.10',
      tls: { certificate: '', key: '', clientCa: 'the authority' },
      serviceAccount: { signingKey: keys.privateKey, publicKey: keys.publicKey },
      serviceSubnet: '10.96.0.0/16',
      ...config,
    },
  )
  await server.begin(6443)

  /** As the server itself: everything is allowed. */
  const call = async (request: Omit<ApiRequest, 'user' | 'version'> & { version?: string }): Promise<AnyObject> => {
    const response = await server.handler({ version: 'v1', ...request, user: loopback })
    return ('object' in response ? response.object : undefined) as AnyObject
  }
  const createAccount = (namespace: string, name: string) =>
    call({ verb: 'create', group: '', resource: 'serviceaccounts', namespace, body: { metadata: { name } } })
  const tokenOf = async (namespace: string, name: string, spec: object = {}): Promise<string> => {
    const path = { group: '', resource: 'serviceaccounts', subresource: 'token', namespace, name }
    const answer = await call({ verb: 'create', ...path, body: { spec } })
    return (answer.status as { token: string }).token
  }
  await createAccount('default', 'default')
  await createAccount('kube-system', 'admin')
  const rbac = 'rbac.authorization.k8s.io'
  await call({
    verb: 'create',
    group: rbac,
    resource: 'clusterrolebindings',
    body: {
      metadata: { name: 'admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'admin', namespace: 'kube-system' }],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
    },
  })
  const adminToken = await tokenOf('kube-system', 'admin')

  return {
    ...server,
    clock,
    rests,
    metrics,
    aggregator,
    call,
    createAccount,
    tokenOf,
    /** A token as the tokens controller puts it into a secret. */
    signLegacyToken: (account: { namespace: string; name: string; uid: string }, secret: string) =>
      newTokenSigner({ signingKey: keys.privateKey, publicKey: keys.publicKey }).sign(legacyClaims(account, secret)),
    adminToken,
    /** supertest on the listener, as the administrator; `''`: as nobody. */
    agent(token = adminToken) {
      const agent = supertest.agent(server.listener)
      return token ? agent.set('authorization', `Bearer ${token}`) : agent
    },
    /** A real HTTP/1.1 socket, for answers that do not end. */
    async listen(): Promise<{ url: string; http: Server }> {
      const http = createServer(server.listener)
      http.on('upgrade', server.onUpgrade)
      await new Promise<void>(resolve => http.listen(0, '127.0.0.1', resolve))
      return { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, http }
    },
    [Symbol.asyncDispose]: async () => {
      server.end()
      rests.close()
      await storage.close()
    },
  }
}

export type ServerFixture = Awaited<ReturnType<typeof newServerFixture>>

export const podBody = (name: string, spec: object = {}) => ({
  metadata: { name, labels: { app: name } },
  spec: { containers: [{ name: 'main', image: 'nginx' }], ...spec },
})
