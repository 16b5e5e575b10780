/** A whole cluster in this process: store, API server, controllers, scheduler, nodes. */
import { isControllerChosen } from '../../controllers/catalogue.js'
import { closeIpv6Forwarding } from '../../kubelet/network/ipv6-forwarding.js'
import type { ApiHandler } from '../../machinery/request.js'
import type { Logger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { ownProcess, registerProcessMetrics } from '../../telemetry/process-metrics.js'
import type { Configuration } from '../configuration.js'
import { ensureOwner } from '../instance.js'
import { ensurePki, type Pki, pkiDirectory } from '../pki/pki.js'
import { readSchedulerConfig } from '../scheduler-config.js'
import { systemClock as clock } from '../system.js'
import { ensureClusterInfo } from './cluster-info.js'
import { componentChecks } from './component-checks.js'
import { type RunningComponents, startComponents } from './components.js'
import { type ControlPlane, type ControlPlaneDeps, serverHosts, startControlPlane } from './control-plane.js'
import { forgetStrangeCidrs } from './forget-strange-cidrs.js'
import { administrator } from './identities.js'
import { type Network, startNetwork } from './network.js'
import type { NetworkDeps } from './network-deps.js'
import { type Nodes, startNodes } from './nodes.js'
import { givesNodeCidrs, nodeCidrsOf } from './pod-addressing.js'
import { openRuntime, openSimulation, type RuntimeSource } from './runtimes.js'
import { registerStorageSize } from './storage-size.js'
import { type Opened, openStore, storeDirectory } from './store.js'

/** What a control plane stands on. */
export interface Foundation extends Opened {
  /** Labels the containers of this cluster. */
  id: string
  pki: Pki
  /** The store may be set back to what it was: what is kept beside it must be in it. */
  maySetBack?: boolean
}

export interface ClusterOptions {
  /** In place of what the data directory holds. */
  foundation?: Foundation
  intercept?: ControlPlaneDeps['intercept']
}

export interface Cluster {
  /** `https://address:port`. */
  url: string
  /** The API for callers in this process. */
  handler: ApiHandler
  clientFor: ControlPlane['clientFor']
  pki: Pki
  recovery: Opened['recovery']
  /** Resolves when every node is Ready; at once where there are none. */
  nodesReady: Promise<void>
  /** What does not work here, a sentence each; complete when the nodes are ready. */
  notices: readonly string[]
  /** Stops in order: nodes, scheduler, controllers, server, store. Containers keep running unless the configuration says otherwise. */
  stop(): Promise<void>
}

/** Opens what the control plane stands on: store and keys side by side. */
async function openFoundation(config: Configuration, id: string, log: Logger): Promise<Foundation> {
  const hosts = serverHosts(config)
  const [store, pki] = await Promise.all([
    openStore(config, log),
    ensurePki({ directory: pkiDirectory(config), hosts, now: clock.now() }),
  ])
  return { id, ...store, pki }
}

interface Joined {
  runtimes?: RuntimeSource | undefined
  network?: Network | undefined
}

/** A network that cannot be set up keeps no node from joining: pods run, and reach each other. */
async function startNetworkOf(
  config: Configuration,
  { cluster, runtimes }: { cluster: string; runtimes: RuntimeSource },
  deps: NetworkDeps,
): Promise<Network | undefined> {
  return startNetwork(config, { cluster, runtimes }, deps).catch(error => {
    deps.log.error({ error: String(error) }, 'Pods do not reach services: the network could not be set up')
    return undefined
  })
}

/** Resolves when `/readyz` answers 200; nodes join a moment later. Throws UserError for what the user can mend. */
export async function startCluster(
  config: Configuration,
  log: Logger,
  { foundation, intercept }: ClusterOptions = {},
): Promise<Cluster> {
  const settings = await readSchedulerConfig(config.schedulerConfig)
  const metrics = newMetricRegistry()
  registerProcessMetrics(metrics, ownProcess())
  const directory = foundation ? undefined : storeDirectory(config)
  if (directory) registerStorageSize(metrics, directory)
  const id = foundation?.id ?? (await ensureOwner(config.dataDir)).id
  const opening = openRuntime(config, { id, cluster: id }, log)
  // Looked at below; until then a failure must not count as unhandled.
  opening.catch(() => {})
  const { storage, recovery, pki } = foundation ?? (await openFoundation(config, id, log))
  let nodes: Nodes | undefined
  let running: RunningComponents | undefined
  const components = componentChecks(config, () => running !== undefined)
  const find = (name: string) => nodes?.find(name)
  const deps = {
    storage,
    pki,
    log,
    metrics,
    components,
    nodes: find,
    ...(intercept && { intercept }),
    portsInStore: foundation?.maySetBack,
  }
  const plane = await startControlPlane(config, deps).catch(async error => {
    await storage.close()
    throw error
  })
  const nodeCidrs = opening.then(async runtimes => {
    const { network } = runtimes ?? {}
    if (network && givesNodeCidrs(config)) await forgetStrangeCidrs(storage, network)
    return nodeCidrsOf(config, network)
  })
  nodeCidrs.catch(() => {})
  const isShared = storage.sync !== undefined
  const started = startComponents(plane, { config, pki, log, metrics, settings, nodeCidrs, isShared })
  running = started
  if (isControllerChosen('bootstrap-signer-controller', config.controllers)) {
    const place = { server: plane.server.url, ca: pki.ca.certificate, cluster: id }
    // Nothing waits for it.
    ensureClusterInfo(plane.clientFor(administrator), place).catch(error =>
      log.warn({ error: String(error) }, 'cluster-info could not be written'),
    )
  }
  const notices: string[] = []
  const joining = opening.then(async (runtimes): Promise<Joined> => {
    if (!runtimes) return { runtimes }
    await nodeCidrs
    const network = await startNetworkOf(
      config,
      { cluster: id, runtimes },
      { plane, informers: started.informers, log },
    )
    const clusterDns = network?.clusterDns ?? []
    if (network?.notice) notices.push(network.notice)
    if (runtimes.notice) notices.push(runtimes.notice)
    const simulation = runtimes.isSimulated ? runtimes : config.simNodes > 0 ? await openSimulation(config) : undefined
    nodes = startNodes(config, {
      clientFor: plane.clientFor,
      runtimes,
      simulation,
      clusterDns,
      log,
      metrics,
      ca: pki.ca,
    })
    return { runtimes, network }
  })
  const nodesReady = joining.then(() => nodes?.ready)
  // For who waits for the nodes; that may be a moment later.
  nodesReady.catch(() => {})
  return {
    url: plane.server.url,
    handler: plane.server.handler,
    clientFor: plane.clientFor,
    pki,
    recovery,
    nodesReady,
    notices,
    async stop() {
      const { runtimes, network } = await joining.catch((): Joined => ({}))
      await nodes?.stop()
      await network?.stop()
      running = undefined
      await started.stop()
      await plane.stop()
      await storage.close()
      await (config.removeContainers ? runtimes?.removeAll() : runtimes?.close())
      if (config.removeContainers) await closeIpv6Forwarding(config.dataDir)
    },
  }
}
