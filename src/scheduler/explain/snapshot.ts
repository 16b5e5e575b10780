/** The scheduler's view of a cluster at one moment, listed through a client, with one pod taken out to be asked about. */
import { node as nodeKind, pod as podKind } from '../../apis/core-v1/index.js'
import type { Node, Pod } from '../../apis/generated/core-v1.js'
import type { PodDisruptionBudget } from '../../apis/generated/policy-v1.js'
import { podDisruptionBudget } from '../../apis/policy-v1/index.js'
import type { Client } from '../../client/client.js'
import { newInformerFactory } from '../../client/informer-factory.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { ObjectKey } from '../../machinery/object-meta.js'
import type { Logger } from '../../telemetry/logger.js'
import { ClusterCache } from '../cache.js'
import { newClusterListers } from '../cluster-listers.js'
import type { Cluster } from '../framework.js'
import { loadsOf, type NodeLoad, type NodeUsage } from '../node-loads.js'
import { Nominator } from '../nominator.js'
import { newPodInfo } from '../pod-info.js'

export interface SnapshotDeps {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  /** Lists what nodes use; where nobody measures, loads go by requests. */
  nodeUsage?: (() => Promise<readonly NodeUsage[]>) | undefined
}

export interface Snapshot {
  /** As stored; undefined where there is none of that name. */
  pod: Pod | undefined
  /** Without the pod. */
  cluster: Cluster
  nominator: Nominator
  budgets: readonly PodDisruptionBudget[]
}

/** Lists once and watches nothing; `failed` rejects at the first list that does. */
function listingClient(client: Client): { once: Client; failed: Promise<never> } {
  let fail: (error: unknown) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  const list: Client['list'] = (kind, options) =>
    client.list(kind, options).catch(error => {
      fail(error)
      throw error
    })
  const watch: Client['watch'] = (_kind, _options, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', reject, { once: true }))
  return { once: Object.assign(Object.create(client) as Client, { list, watch }), failed }
}

/** Rejects with the server's answer when it refuses one of the lists. */
export async function takeSnapshot(key: ObjectKey, deps: SnapshotDeps): Promise<Snapshot> {
  const { clock, nodeUsage } = deps
  const { once: client, failed } = listingClient(deps.client)
  const informers = newInformerFactory({ ...deps, client })
  const nodes = informers.informer<Node>(nodeKind)
  const pods = informers.informer<Pod>(podKind)
  const budgets = informers.informer<PodDisruptionBudget>(podDisruptionBudget)
  const cache = new ClusterCache()
  const nominator = new Nominator()
  let loads: ReadonlyMap<string, NodeLoad> = new Map()
  const { cluster } = newClusterListers({ cache, loads: () => loads }, { informers, client, clock, onChange: () => {} })
  informers.start()
  try {
    await Promise.race([informers.synced(), failed])
  } finally {
    informers.stop()
  }
  const pod = pods.get(key)
  for (const node of nodes.list()) cache.setNode(node)
  for (const other of pods.list()) {
    if (other === pod) continue
    if (other.spec.nodeName) cache.setPod(other)
    else if (other.status?.nominatedNodeName) nominator.nominate(newPodInfo(other), other.status.nominatedNodeName)
  }
  loads = loadsOf((await nodeUsage?.().catch(() => [])) ?? [], cache)
  return { pod, cluster, nominator, budgets: budgets.list() }
}
