/** The nodes of a cluster that run in this process. */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { node as nodeKind } from '../../apis/core-v1/index.js'
import type { Taint } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { type Kubelet, startKubelet } from '../../kubelet/kubelet.js'
import type { NodeApi } from '../../machinery/node-api.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { UserInfo } from '../../machinery/request.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Configuration } from '../configuration.js'
import { readKubeletConfig } from '../kubelet-config.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { administrator, controllerManagerUser, nodeUser } from './identities.js'
import { kubeletServing } from './kubelet-serving.js'
import { ensureMetricsReader } from './metrics-reader.js'
import type { RuntimeSource } from './runtimes.js'

export interface NodesDeps {
  clientFor(user: UserInfo): Client
  runtimes: RuntimeSource
  /** Of the simulated nodes beside the others. */
  simulation?: RuntimeSource | undefined
  /** Addresses of the cluster's name servers; empty where there are none. */
  clusterDns: readonly string[]
  log: Logger
  metrics: MetricRegistry
  /** Signs what kubelets serve with. */
  ca: KeyPair
}

export interface Nodes {
  find(name: string): NodeApi | undefined
  /** Resolves when each is registered and Ready. */
  ready: Promise<void>
  stop(): Promise<void>
}

/** `node-1`, `node-2`, … */
export const nodeNames = (count: number): string[] => Array.from({ length: count }, (_, i) => `node-${i + 1}`)

/** Names and taints, of the nodes that simulated ones stand beside too: those are for pods that ask for them. */
function planNodes({ nodes, simNodes }: Configuration, { runtimes, simulation }: NodesDeps): PlannedNode[] {
  const planned: PlannedNode[] = nodeNames(nodes).map(name => ({ name, source: runtimes, taints: [] }))
  if (simulation)
    for (let i = 1; i <= simNodes; i++) planned.push({ name: `sim-${i}`, source: simulation, taints: [simulatedTaint] })
  return planned
}

interface PlannedNode {
  name: string
  source: RuntimeSource
  taints: readonly Taint[]
}

const simulatedTaint: Taint = { key: 'minik8s.dev/simulated', effect: 'NoSchedule' }

/** Where systemd keeps the real name servers: those that it puts in /etc/resolv.conf only answer the host itself. As kubeadm chooses. */
export const resolvedConf = '/run/systemd/resolve/resolv.conf'

/** Watches one node until its Ready condition is True. */
async function untilReady(client: Client, name: string, signal: AbortSignal): Promise<void> {
  const events = await client.watch(nodeKind, { fieldSelector: `metadata.name=${name}` }, signal)
  for await (const { object } of events)
    if (object.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')) return
}

export function startNodes(config: Configuration, deps: NodesDeps): Nodes {
  const { clientFor, clusterDns, log, metrics, ca } = deps
  const kubelets = new Map<string, Kubelet>()
  const resolvConf = existsSync(resolvedConf) ? resolvedConf : '/etc/resolv.conf'
  const { eviction, imagePolicy, ...settings } = readKubeletConfig(config.kubelet ?? {})
  const stopping = new AbortController()
  if (!deps.runtimes.isSimulated)
    // Nothing waits for it.
    ensureMetricsReader(clientFor(administrator)).catch(error =>
      log.warn({ error: String(error) }, 'The role of those who read metrics could not be written'),
    )
  const ready = planNodes(config, deps).map(async ({ name: nodeName, source, taints }) => {
    const client = clientFor(nodeUser(nodeName))
    const { isSimulated, nodeAddresses } = source
    // Nobody can reach a simulated node.
    const serving = !isSimulated && kubeletServing(nodeName, nodeAddresses[0], ca)
    const kubelet = startKubelet(
      { client, runtime: source.runtimeFor(nodeName), clock, random, log, metrics, ...(serving && { serving }) },
      {
        nodeName,
        addresses: nodeAddresses,
        taints,
        dataDirectory: join(config.dataDir, 'nodes', nodeName),
        clusterDns,
        resolvConf,
        dockerConfigDirectory: process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'),
        ...settings,
        // Simulated pods use nothing.
        ...(eviction && imagePolicy && !isSimulated && { eviction, imagePolicy }),
      },
    )
    kubelets.set(nodeName, kubelet)
    await kubelet.started
    await untilReady(clientFor(controllerManagerUser), nodeName, stopping.signal)
  })
  return {
    find: name => kubelets.get(name)?.nodeApi,
    ready: Promise.all(ready).then(() => {}),
    async stop() {
      stopping.abort()
      await Promise.all([...kubelets.values()].map(kubelet => kubelet.stop()))
    },
  }
}
