/** Reads the file behind `--scheduler-config`: a KubeSchedulerConfiguration, as kube-scheduler's `--config` takes it. */
import { readFile } from 'node:fs/promises'
import { type SchedulerSettings, schedulerSettings } from '../scheduler/index.js'
import { UsageError } from './flags.js'

/** Undefined where no file is named. Throws UsageError. */
export async function readSchedulerConfig(path: string | undefined): Promise<SchedulerSettings | undefined> {
  if (!path) return undefined
  const text = await readFile(path, 'utf8').catch(error => {
    throw new UsageError(`cannot read --scheduler-config ${path}: ${(error as Error).message}`)
  })
  const { load } = await import('js-yaml')
  try {
    return schedulerSettings(load(text))
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
}
