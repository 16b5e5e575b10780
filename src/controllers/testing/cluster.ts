/** A control plane in one process for tests: the real API server without sockets, the real controllers, a clock of the test's own. */
import { generateKeyPairSync } from 'node:crypto'
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Node, Pod, PodStatus } from '../../apis/generated/core-v1.js'
import { loadSchemas } from '../../apis/generated/schema.js'
import { conversions, storedKinds, virtualKinds } from '../../apis/index.js'
import { legacyClaims } from '../../apiserver/authn/legacy-token.js'
import { followRbac } from '../../apiserver/authz/rbac-watch.js'
import { bootstrap } from '../../apiserver/bootstrap.js'
import { newComponents } from '../../apiserver/components.js'
import type { Client } from '../../client/client.js'
import { newInProcessClient } from '../../client/in-process.js'
import { formatTime } from '../../machinery/clock.js'
import { FakeClock, SeededRandom, settle } from '../../machinery/fake-clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { UserInfo } from '../../machinery/request.js'
import { newRegistry } from '../../registry/registry.js'
import { newMemoryStorage } from '../../storage/memory/open.js'
import type { StorageEvent } from '../../storage/storage.js'
import { type Logger, silentLogger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { targetNode } from '../daemonset/eligible.js'
import { startControllers } from '../index.js'
import type { NodeCidrOptions } from '../node-ipam/cidr-ledger.js'
import type { VolumeDirectory } from '../persistent-volume/host-path.js'

export interface TestCluster extends AsyncDisposable {
  clock: FakeClock
  /** May do everything. */
  admin: Client
  clientFor(user: string): Client
  /** Lets the cluster work until the condition holds, moving the clock on in small steps; throws when it never does. */
  until(what: string, holds: () => Promise<boolean> | boolean): Promise<void>
  /** Lets the cluster work for so long, by its own clock. */
  run(ms: number): Promise<void>
  /** All messages of events about an object of that name. */
  events(name: string): Promise<string[]>
  /** Lines of the controllers' metrics that begin so, sorted. */
  metrics(prefix: string): Promise<string[]>
  /** The controllers are gone as if killed: what they had in hand is not waited for. Others begin in their place. */
  replaceControllers(): void
  /** Hears of every write from now on, in order. */
  onWrite(listener: (event: StorageEvent) => void): void
  stop(): Promise<void>
}

const serviceAccount = (name: string): UserInfo => ({
  name: `system:serviceaccount:kube-system:${name}`,
  groups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
})
const masters: UserInfo = { name: 'admin', groups: ['system:masters', 'system:authenticated'] }
const manager: UserInfo = { name: 'system:kube-controller-manager', groups: ['system:authenticated'] }

function newKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    signingKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

export interface TestClusterOptions {
  log?: Logger
  /** With it, certificates are issued. */
  authority?: KeyPair
  /** With it, volumes are made for claims. */
  volumes?: VolumeDirectory
  /** What its clock says at first; milliseconds since the epoch. */
  startMs?: number
  /** With it, nodes are given networks. */
  nodeCidrs?: NodeCidrOptions
  /** After so long without use, tokens kept in secrets go. */
  tokenCleanUpMs?: number
  /** Gives controllers another client in place of theirs; `account` is the name of the service account. */
  wrapClient?(client: Client, account: string): Client
  /** Gives controllers another client to read their caches through. */
  wrapReader?(client: Client): Client
}

export async function startTestCluster(options: TestClusterOptions = {}): Promise<TestCluster> {
  const clock = new FakeClock(options.startMs ?? Date.UTC(2025, 0, 1))
  const random = new SeededRandom(7)
  const { log = silentLogger, wrapClient = client => client, wrapReader = client => client } = options
  const schemas = loadSchemas()
  const storage = newMemoryStorage(clock)
  const rests = newRegistry({ kinds: storedKinds, conversions, storage, clock, random, schemas })
  const keys = newKeys()
  const components = newComponents(
    { clock, random, log, metrics: newMetricRegistry(), rests, virtualKinds, schemas },
    { serviceAccount: keys },
  )
  const stopping = new AbortController()
  await bootstrap(
    { rests, schemas, log, clock },
    { address: '10.0.0.1', port: 6443, serviceSubnet: '10.96.0.0/16' },
    'CA',
  )
  await followRbac(rests, components.resolver, { clock, log, signal: stopping.signal })
  const discover = () =>
    components.catalog
      .groups()
      .flatMap(g => g.versions)
      .flatMap(v => v.kinds)
      .map(({ kind }) => kind)
  const clientAs = (user: UserInfo) => newInProcessClient(components.handler, user, discover)
  let metrics = newMetricRegistry()
  const start = () => {
    metrics = newMetricRegistry()
    return startControllers({
      metrics,
      client: wrapReader(clientAs(manager)),
      clientFor: name => wrapClient(clientAs(serviceAccount(name)), name),
      clock,
      random,
      log,
      rootCa: options.authority?.certificate ?? 'PEM',
      rootKey: options.authority?.key,
      volumes: options.volumes,
      ...(options.nodeCidrs && { nodeCidrs: Promise.resolve(options.nodeCidrs) }),
      tokenCleanUpMs: options.tokenCleanUpMs,
      signToken: (account, secret) => components.signer.sign(legacyClaims(account, secret)),
    })
  }
  let controllers = start()
  const admin = clientAs(masters)
  const stop = async () => {
    await controllers.stop()
    stopping.abort()
    rests.close()
    await storage.close()
  }
  return {
    clock,
    admin,
    clientFor: name => clientAs({ name, groups: ['system:authenticated'] }),
    async until(what, holds) {
      for (let step = 0; step < 400; step++) {
        await settle()
        if (await holds()) return
        await clock.advance(step < 200 ? 5 : 250)
      }
      throw new Error(`never came true: ${what}`)
    },
    run: ms => clock.advance(ms),
    async events(name) {
      const kind: KindRef<KubernetesObject & { message: string; involvedObject: { name: string } }> = eventKind
      const { items } = await admin.list(kind)
      return items.filter(e => e.involvedObject.name === name).map(e => e.message)
    },
    async metrics(prefix) {
      const lines = (await metrics.metrics()).split('\n')
      return lines.filter(line => line.startsWith(prefix)).sort()
    },
    replaceControllers() {
      void controllers.stop()
      controllers = start()
    },
    onWrite: listener => void storage.subscribe('/registry/', storage.revision(), events => events.forEach(listener)),
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

const eventKind = {
  group: '',
  version: 'v1',
  kind: 'Event',
  scope: 'Namespaced',
  names: { plural: 'events', singular: 'event' },
} as const

/** A node of that name, ready since now. */
export async function addNode({ admin, clock }: TestCluster, name = 'node-1'): Promise<Node> {
  const at = formatTime(clock.now())
  await admin.create<Node>(nodeKind, { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec: {} })
  const ready = { type: 'Ready', status: 'True', lastHeartbeatTime: at, lastTransitionTime: at }
  // Controllers have seen the node, so what it says of itself must not rest on an old version.
  const patch = { type: 'application/merge-patch+json', body: { status: { conditions: [ready] } } } as const
  return admin.patch<Node>(nodeKind, { name }, patch, { subresource: 'status' })
}

async function bindPods(admin: Client): Promise<number> {
  const { items } = await admin.list<Pod>(podKind)
  const waiting = items.filter(p => !p.spec.nodeName && !p.metadata.deletionTimestamp)
  for (const pod of waiting) {
    const { metadata } = pod
    const target = { kind: 'Node', name: targetNode(pod) ?? 'node-1' }
    const binding = { apiVersion: 'v1', kind: 'Binding', metadata: { name: metadata.name }, target }
    await admin.createSubresource(podKind, metadata as ObjectKey, 'binding', binding)
  }
  return waiting.length
}

/**
 * What scheduler and node do to pods, as far as controllers see it: binds and starts them, and lets those go that are being
 * deleted. Answers how many it touched.
 */
export async function playKubelet({ admin, clock }: TestCluster, outcome: Partial<PodStatus> = {}): Promise<number> {
  let changed = await bindPods(admin)
  const { items } = await admin.list<Pod>(podKind)
  for (const [i, pod] of items.entries()) {
    const key = pod.metadata as ObjectKey
    if (pod.metadata.deletionTimestamp) {
      const options = { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } }
      await admin.delete(podKind, key, options).catch(() => {})
      changed++
    } else if (!pod.status?.podIP) {
      const at = formatTime(clock.now())
      const status = {
        phase: 'Running',
        podIP: `10.1.0.${i + 1}`,
        podIPs: [{ ip: `10.1.0.${i + 1}` }],
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at }],
        ...outcome,
      }
      const patch = { type: 'application/merge-patch+json', body: { status } } as const
      await admin.patch(podKind, key, patch, { subresource: 'status' })
      changed++
    }
  }
  return changed
}
