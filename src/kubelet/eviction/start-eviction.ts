/** Puts together what looks after a node that runs short. */
import { join } from 'node:path'
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { PulledImages } from '../images/pulled-images.js'
import type { NodeReporter } from '../node/node-reporter.js'
import type { PodWorker } from '../pods/pod-worker.js'
import type { Runtime } from '../runtime/runtime.js'
import type { RuntimeCache } from '../runtime-cache.js'
import { readMachineStats } from '../stats/machine-stats.js'
import type { StatsProvider } from '../stats/stats-provider.js'
import { type EvictionConfig, Evictor } from './evictor.js'
import { PodUsages } from './pod-usages.js'

export interface EvictionDeps {
  clock: Clock
  log: Logger
  runtime: Runtime
  cache: RuntimeCache
  stats: StatsProvider
  images: PulledImages
  reporter: () => NodeReporter | undefined
  workers: ReadonlyMap<string, PodWorker>
  dataDirectory: string
}

export function newEvictor(deps: EvictionDeps, config: EvictionConfig): Evictor {
  const { clock, log, runtime, cache, stats, images, reporter, workers, dataDirectory } = deps
  const activePods = () =>
    [...workers.values()].filter(({ isAdmitted }) => isAdmitted).map(({ allocatedPod }) => allocatedPod)
  const usages = new PodUsages({ stats, runtime, cache, podsDirectory: join(dataDirectory, 'pods'), activePods })
  return new Evictor(
    {
      clock,
      log,
      readMachine: () => readMachineStats(dataDirectory),
      usages: resource => usages.of(resource),
      overLimits: () => usages.overLimits(),
      reclaim: () => images.removeUnused(),
      evict: ({ metadata }, verdict, graceSeconds) => workers.get(metadata.uid ?? '')?.evict(verdict, graceSeconds),
      tell: (reason, message) => reporter()?.tell('Warning', reason, message),
      changed: () => reporter()?.refresh(),
    },
    config,
  )
}
