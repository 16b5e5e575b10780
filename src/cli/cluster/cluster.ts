/** A whole cluster in this process: store, API server, controllers, scheduler, nodes. */
import { join } from 'node:path'
import { startControllers } from '../../controllers/index.js'
import { startScheduler } from '../../scheduler/index.js'
import type { Recovery } from '../../storage/memory/recover.js'
import type { Logger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { ownProcess, registerProcessMetrics } from '../../telemetry/process-metrics.js'
import type { Configuration } from '../configuration.js'
import { ensureClusterId } from '../instance.js'
import { ensurePki, type Pki } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { type ControlPlane, serverHosts, startControlPlane } from './control-plane.js'
import { controllerManagerUser, controllerUser, schedulerUser } from './identities.js'
import { type Nodes, startNodes } from './nodes.js'
import { openRuntime, type RuntimeSource } from './runtimes.js'
import { openStore } from './store.js'

export interface Cluster {
  /** `https://address:port`. */
  url: string
  pki: Pki
  recovery: Recovery & { milliseconds: number }
  /** Resolves when every node is Ready; at once where there are none. */
  nodesReady: Promise<void>
  /** Stops in order: nodes, scheduler, controllers, server, store. Containers keep running unless the configuration says otherwise. */
  stop(): Promise<void>
}

/** Everything that acts on the API, started once it answers. Returns what stops it. */
function startComponents(
  plane: ControlPlane,
  parts: { pki: Pki; log: Logger; metrics: ReturnType<typeof newMetricRegistry> },
) {
  const { log, metrics, pki } = parts
  const controllers = startControllers({
    client: plane.clientFor(controllerManagerUser),
    clientFor: account => plane.clientFor(controllerUser(account)),
    clock,
    random,
    log: log.child({ component: 'controllers' }),
    metrics,
    rootCa: pki.ca.certificate,
  })
  const scheduler = startScheduler({
    client: plane.clientFor(schedulerUser),
    informers: controllers.informers,
    clock,
    random,
    log: log.child({ component: 'scheduler' }),
    metrics,
  })
  return async () => {
    scheduler.stop()
    await controllers.stop()
  }
}

/** Resolves when `/readyz` answers 200; nodes join a moment later. Throws UserError for what the user can mend. */
export async function startCluster(config: Configuration, log: Logger): Promise<Cluster> {
  const metrics = newMetricRegistry()
  registerProcessMetrics(metrics, ownProcess())
  const id = await ensureClusterId(config.dataDir)
  const opening = openRuntime(config, id, log)
  // Looked at below; until then a failure must not count as unhandled.
  opening.catch(() => {})
  const [{ storage, recovery }, pki] = await Promise.all([
    openStore(config.dataDir, log),
    ensurePki({ directory: join(config.dataDir, 'pki'), hosts: serverHosts(config), now: clock.now() }),
  ])
  let nodes: Nodes | undefined
  let runtimes: RuntimeSource | undefined
  let plane: ControlPlane
  let running = false
  const components = ['scheduler', 'controller-manager'].map(name => ({
    name,
    async check() {
      if (!running) throw new Error(`${name} does not run`)
    },
  }))
  try {
    plane = await startControlPlane(config, {
      storage,
      pki,
      log,
      metrics,
      components,
      nodes: name => nodes?.find(name),
    })
  } catch (error) {
    await storage.close()
    throw error
  }
  const stopComponents = startComponents(plane, { pki, log, metrics })
  running = true
  const joining = opening.then(opened => {
    runtimes = opened
    if (opened) nodes = startNodes(config, { clientFor: plane.clientFor, runtimes: opened, log, metrics })
    return nodes?.ready
  })
  return {
    url: plane.server.url,
    pki,
    recovery,
    nodesReady: joining,
    async stop() {
      await opening.catch(() => {})
      await nodes?.stop()
      running = false
      await stopComponents()
      await plane.stop()
      await storage.close()
      if (config.removeContainers) await runtimes?.removeAll()
    },
  }
}
