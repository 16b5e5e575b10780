/** What every part of a cluster's network is given. */
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Logger } from '../../telemetry/logger.js'
import type { ControlPlane } from './control-plane.js'

export interface NetworkDeps {
  plane: ControlPlane
  informers: InformerFactory
  log: Logger
}
