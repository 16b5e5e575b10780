/** What acts on the API within the process: controllers and scheduler, at once, or in turns with those of other processes. */
import type { Client } from '../../client/client.js'
import { type InformerFactory, newInformerFactory } from '../../client/informer-factory.js'
import { type ControllersOptions, startControllers } from '../../controllers/index.js'
import { type SchedulerSettings, startScheduler } from '../../scheduler/index.js'
import type { Logger } from '../../telemetry/logger.js'
import { type MetricRegistry, newMetricRegistry } from '../../telemetry/metrics.js'
import type { Configuration } from '../configuration.js'
import { measuredNodes } from '../measured-nodes.js'
import type { Pki } from '../pki/pki.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import type { ControlPlane } from './control-plane.js'
import { type ElectedPart, startElected } from './elected.js'
import { administrator, controllerManagerUser, controllerUser, schedulerUser } from './identities.js'
import { ensureDefaultStorageClass, volumeDirectory } from './volumes.js'

/** Signs what goes into secrets of service accounts; the code for it is loaded at the first. */
const tokenSigner =
  ({ serviceAccount: { privateKey: signingKey, publicKey } }: Pki): ControllersOptions['signToken'] =>
  async (account, secret) => {
    const { newTokenSigner } = await import('../../apiserver/authn/service-account-token.js')
    const { legacyClaims } = await import('../../apiserver/authn/legacy-token.js')
    return newTokenSigner({ signingKey, publicKey }).sign(legacyClaims(account, secret))
  }

interface ComponentParts {
  config: Configuration
  pki: Pki
  log: Logger
  metrics: MetricRegistry
  settings: SchedulerSettings | undefined
  /** Networks that nodes are given, once they are known. */
  nodeCidrs: ControllersOptions['nodeCidrs']
  /** Others may act on the same store: then the controllers, and the scheduler, work while their lease is held. */
  isShared: boolean
}

type Fence = (client: Client) => Client

function startOwnControllers(
  plane: ControlPlane,
  { config, log, metrics, pki, nodeCidrs }: ComponentParts,
  fence: Fence = client => client,
) {
  return startControllers({
    client: fence(plane.clientFor(controllerManagerUser)),
    clientFor: account => fence(plane.clientFor(controllerUser(account))),
    clock,
    random,
    log: log.child({ component: 'controllers' }),
    metrics,
    rootCa: pki.ca.certificate,
    rootKey: pki.ca.key,
    signToken: tokenSigner(pki),
    volumes: volumeDirectory(config),
    choice: config.controllers,
    nodeCidrs,
    nodeMonitorGraceMs: config.nodeMonitorGraceMs,
  })
}

function startOwnScheduler(
  plane: ControlPlane,
  { log, metrics, settings }: ComponentParts,
  { informers, fence = client => client }: { informers: InformerFactory; fence?: Fence },
) {
  return startScheduler({
    client: fence(plane.clientFor(schedulerUser)),
    informers,
    clock,
    random,
    log: log.child({ component: 'scheduler' }),
    metrics,
    settings,
    post: async (...call) => (await import('./extender-calls.js')).postToExtender(...call),
    nodeUsage: async () => (await plane.clientFor(administrator).list(measuredNodes)).items,
  })
}

const informersFor = (plane: ControlPlane, log: Logger) =>
  newInformerFactory({ client: plane.clientFor(controllerManagerUser), clock, random, log })

/** Each part has caches of its own, which come and go with its lease; a registry takes the metrics of the first only. */
function startInTurns(plane: ControlPlane, parts: ComponentParts) {
  const { config, log } = parts
  const seen = new Set<string>()
  const partsOf = (name: string) => {
    const isFirst = !seen.has(name)
    seen.add(name)
    return isFirst ? parts : { ...parts, metrics: newMetricRegistry() }
  }
  const controllers: ElectedPart = {
    lease: 'kube-controller-manager',
    client: plane.clientFor(controllerManagerUser),
    start: fence => startOwnControllers(plane, partsOf('controllers'), fence),
  }
  const scheduler: ElectedPart = {
    lease: 'kube-scheduler',
    client: plane.clientFor(schedulerUser),
    start(fence) {
      const informers = informersFor(plane, log)
      const running = startOwnScheduler(plane, partsOf('scheduler'), { informers, fence })
      informers.start()
      return {
        stop() {
          running.stop()
          informers.stop()
        },
      }
    },
  }
  const wanted = [...(config.controllers.length ? [controllers] : []), ...(config.scheduler ? [scheduler] : [])]
  const elected = startElected(wanted, { clock, random, log })
  const informers = informersFor(plane, log)
  informers.start()
  return {
    informers,
    async stop() {
      await elected.stop()
      informers.stop()
    },
  }
}

export interface RunningComponents {
  /** Caches for whoever else is in this process. */
  informers: InformerFactory
  stop(): Promise<void>
}

/** Started once the API answers. Returns what stops it. */
export function startComponents(plane: ControlPlane, parts: ComponentParts): RunningComponents {
  const { config, log, isShared } = parts
  if (volumeDirectory(config))
    // Nothing waits for it.
    ensureDefaultStorageClass(plane.clientFor(administrator)).catch(error =>
      log.warn({ error: String(error) }, 'The default StorageClass could not be written'),
    )
  if (isShared) return startInTurns(plane, parts)
  const controllers = startOwnControllers(plane, parts)
  const { informers } = controllers
  const scheduler = config.scheduler && startOwnScheduler(plane, parts, { informers })
  return {
    informers,
    async stop() {
      if (scheduler) scheduler.stop()
      await controllers.stop()
    },
  }
}
