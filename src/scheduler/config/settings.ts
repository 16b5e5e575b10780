/** A KubeSchedulerConfiguration put to use: its profiles made, its times in milliseconds. */
import { newProfile, type Profile } from '../profiles/profile.js'
import type { Extender, KubeSchedulerConfiguration, SchedulerProfile } from './types.js'
import { validateConfiguration } from './validate.js'

export interface SchedulerSettings {
  profiles: readonly Profile[]
  extenders: readonly Extender[]
  backoff: { initialMs: number; maxMs: number }
}

/** Upstream's defaults: one profile under the default name. */
const withDefaults = (config: KubeSchedulerConfiguration): KubeSchedulerConfiguration => {
  const profiles = config.profiles?.length ? config.profiles : [{}]
  // A lone profile may leave out its name.
  const [only] = profiles
  const named =
    profiles.length === 1 && !only?.schedulerName ? [{ ...only, schedulerName: 'default-scheduler' }] : profiles
  return { parallelism: 16, podInitialBackoffSeconds: 1, podMaxBackoffSeconds: 10, ...config, profiles: named }
}

/** Resources that an extender looks after are none of the scheduler's own business. */
function ignoring(profile: SchedulerProfile, names: readonly string[]): SchedulerProfile {
  if (!names.length) return profile
  const { pluginConfig = [] } = profile
  const own = pluginConfig.find(({ name }) => name === 'NodeResourcesFit')
  const { ignoredResources = [], ...args } = (own?.args ?? {}) as { ignoredResources?: string[] }
  const changed = { name: 'NodeResourcesFit', args: { ...args, ignoredResources: [...ignoredResources, ...names] } }
  return { ...profile, pluginConfig: [...pluginConfig.filter(each => each !== own), changed] }
}

/** Throws an Error whose message has one line for each thing that is wrong, in upstream's words. `given` is the file as read. */
export function schedulerSettings(given: unknown): SchedulerSettings {
  const config = withDefaults(validateConfiguration(given, withDefaults))
  const { profiles = [], extenders = [], podInitialBackoffSeconds = 1, podMaxBackoffSeconds = 10 } = config
  const ignored = extenders.flatMap(({ managedResources = [] }) =>
    managedResources.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name),
  )
  const { percentageOfNodesToScore } = config
  return {
    profiles: profiles.map(profile => {
      try {
        return newProfile(
          ignoring({ ...(percentageOfNodesToScore && { percentageOfNodesToScore }), ...profile }, ignored),
        )
      } catch (error) {
        const name = profile.schedulerName
        throw new Error(
          `initializing profiles: creating profile for scheduler name ${name}: ${(error as Error).message}`,
        )
      }
    }),
    extenders,
    backoff: { initialMs: podInitialBackoffSeconds * 1000, maxMs: podMaxBackoffSeconds * 1000 },
  }
}
