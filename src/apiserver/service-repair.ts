/** Sees to it that what services have is taken for them, and nothing else: at the start and every three minutes, telling what it finds. */
import type { Clock, Timer } from '../machinery/clock.js'
import type { ApiHandler } from '../machinery/request.js'
import type { AllocationRepair, RepairRound } from '../registry/allocate/findings.js'
import type { Logger } from '../telemetry/logger.js'
import type { RepairMetrics } from './metrics/repair-metrics.js'
import { WarningEvents } from './warning-events.js'

/** Upstream's figure, milliseconds. */
const interval = 180_000

export interface ServiceRepairDeps {
  repairs: readonly AllocationRepair[]
  handler: ApiHandler
  clock: Clock
  log: Logger
  metrics: RepairMetrics
  hostname: string
  /** Ends it. */
  signal: AbortSignal
}

/** Resolves when all is mended once; goes on until the signal aborts. */
export async function keepServicesRepaired({ repairs, ...deps }: ServiceRepairDeps): Promise<void> {
  await Promise.all(repairs.map(repair => keepRepairing(repair, deps)))
}

function keepRepairing(repair: AllocationRepair, deps: Omit<ServiceRepairDeps, 'repairs'>): Promise<void> {
  const { clock, log, metrics, signal } = deps
  const events = new WarningEvents({ ...deps, controller: repair.name })
  const tell = async ({ findings }: RepairRound) => {
    for (const { regarding, error, ...finding } of findings) {
      log.warn({ namespace: regarding?.metadata.namespace, name: regarding?.metadata.name }, finding.note)
      if (error) metrics.found(error)
      const written = regarding && events.tell({ regarding, ...finding })
      await written?.catch(why => log.debug({ error: String(why) }, 'Cannot write an event'))
    }
  }
  let timer: Timer | undefined
  signal.addEventListener('abort', () => timer?.cancel(), { once: true })
  return new Promise(resolve => {
    const look = async () => {
      let pause = interval
      try {
        const round = await repair.round()
        pause = Math.min(interval, round.lookAgainIn ?? interval)
        resolve()
        await tell(round)
      } catch (error) {
        log.warn({ error: String(error) }, 'Cannot look whether services have what is taken for them')
        if (repair.name === 'portallocator-repair-controller') metrics.failed()
      }
      if (!signal.aborted) timer = clock.after(pause, () => void look())
    }
    void look()
  })
}
