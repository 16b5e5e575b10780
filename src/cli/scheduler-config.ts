/** Reads the file behind `--scheduler-config`: a KubeSchedulerConfiguration, as kube-scheduler's `--config` takes it. */
import { type SchedulerSettings, schedulerSettings } from '../scheduler/index.js'
import { UsageError } from './flags.js'
import { readFlagFile } from './read-flag-file.js'

/** Undefined where no file is named. Throws UsageError. */
export async function readSchedulerConfig(path: string | undefined): Promise<SchedulerSettings | undefined> {
  const text = await readFlagFile('scheduler-config', path)
  if (text === undefined) return undefined
  const { load } = await import('js-yaml')
  try {
    return schedulerSettings(load(text))
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
}
