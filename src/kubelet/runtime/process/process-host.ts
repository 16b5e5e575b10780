/** The services of a cluster's process runtime together with everything that is there. */
import type { HostServices } from './host-services.js'
import type { RunningContainer } from './running-container.js'

export interface ProcessHost extends HostServices {
  /** Sandboxes and containers of all nodes, by id. */
  containers: ReadonlyMap<string, RunningContainer>
  add(container: RunningContainer): void
}
