/** Validation of a KubeSchedulerConfiguration; upstream's errors, fields first that are not known. */

import { duplicate, type FieldError, invalid, required } from '../../machinery/field-error.js'
import { stringifyJson } from '../../machinery/json/stringify.js'
import { isQualifiedName } from '../../machinery/names.js'
import { misfits } from '../../machinery/shape.js'
import { argsShapes, configurationShape } from './known-fields.js'
import {
  configurationVersion,
  type Extender,
  extensionPoints,
  type KubeSchedulerConfiguration,
  type SchedulerProfile,
} from './types.js'
import { validateArgs } from './validate-args.js'

/** Plugins that were there once. */
const removedPlugins = ['AzureDiskLimits', 'CinderLimits', 'EBSLimits', 'GCEPDLimits']
const wasInvalid = `was invalid in version "${configurationVersion}" (KubeSchedulerConfiguration is version "${configurationVersion}")`

function* validatePercentage(percentage: number | undefined, path: string): Generator<FieldError> {
  if (percentage !== undefined && (percentage < 0 || percentage > 100))
    yield invalid(path, percentage, 'not in valid range [0-100]')
}

function* validateProfile(profile: SchedulerProfile, path: string): Generator<FieldError> {
  const { schedulerName, percentageOfNodesToScore, plugins = {}, pluginConfig = [] } = profile
  if (!schedulerName) yield required(`${path}.schedulerName`)
  yield* validatePercentage(percentageOfNodesToScore, `${path}.percentageOfNodesToScore`)
  for (const point of extensionPoints)
    for (const [i, { name }] of (plugins[point]?.enabled ?? []).entries())
      if (removedPlugins.includes(name)) yield invalid(`${path}.plugins.${point}.enabled[${i}]`, name, wasInvalid)
  const seen = new Set<string>()
  for (const [i, { name, args }] of pluginConfig.entries()) {
    const at = `${path}.pluginConfig[${i}]`
    if (seen.has(name)) yield duplicate(at, name)
    seen.add(name)
    if (removedPlugins.includes(name)) yield invalid(at, name, wasInvalid)
    else yield* validateArgs(name, args ?? {}, `${at}.args`)
  }
}

function* validateProfiles(profiles: readonly SchedulerProfile[]): Generator<FieldError> {
  const seen = new Map<string, number>()
  for (const [i, profile] of profiles.entries()) {
    const path = `profiles[${i}]`
    yield* validateProfile(profile, path)
    const name = profile.schedulerName ?? ''
    const before = seen.get(name)
    if (before !== undefined) yield duplicate(`${path}.schedulerName`, `profiles[${before}].schedulerName`)
    seen.set(name, i)
  }
  const [first, ...others] = profiles.map(({ plugins }) => plugins?.queueSort ?? {})
  const sorters = first?.enabled?.length ?? 0
  if (sorters > 1)
    yield invalid('profiles[0].plugins.queueSort.Enabled', sorters, 'only one queue sort plugin can be enabled')
  for (const [i, queueSort] of others.entries())
    if (stringifyJson(queueSort) !== stringifyJson(first))
      yield invalid(`profiles[${i + 1}].plugins.queueSort`, queueSort, 'must be the same for all profiles')
}

const isExtendedResource = (name: string): boolean =>
  name.includes('/') && !name.includes('kubernetes.io/') && !name.startsWith('requests.')

function* validateExtenders(extenders: readonly Extender[]): Generator<FieldError> {
  const managed = new Set<string>()
  for (const [i, { prioritizeVerb, weight = 0, managedResources = [] }] of extenders.entries()) {
    if (prioritizeVerb && weight <= 0)
      yield invalid(`extenders[${i}].weight`, weight, 'must have a positive weight applied to it')
    for (const [j, { name }] of managedResources.entries()) {
      const path = `extenders[${i}].managedResources[${j}].name`
      const problems = isQualifiedName(name)
      for (const problem of problems) yield invalid(path, name, problem)
      if (!problems.length && !isExtendedResource(name))
        yield invalid(path, name, 'is an invalid extended resource name')
      if (managed.has(name)) yield invalid(path, name, 'duplicate extender managed resource name')
      managed.add(name)
    }
  }
  const binders = extenders.filter(({ bindVerb }) => bindVerb).length
  if (binders > 1)
    yield invalid('extenders', `found ${binders} extenders implementing bind`, 'only one extender can implement bind')
}

function* validate(config: KubeSchedulerConfiguration): Generator<FieldError> {
  const { parallelism = 16, podInitialBackoffSeconds: initial = 1, podMaxBackoffSeconds: max = 10 } = config
  if (parallelism <= 0) yield invalid('parallelism', parallelism, 'should be an integer value greater than zero')
  yield* validateProfiles(config.profiles ?? [])
  yield* validatePercentage(config.percentageOfNodesToScore, 'percentageOfNodesToScore')
  if (initial <= 0) yield invalid('podInitialBackoffSeconds', initial, 'must be greater than 0')
  if (max < initial)
    yield invalid('podMaxBackoffSeconds', max, 'must be greater than or equal to PodInitialBackoffSeconds')
  yield* validateExtenders(config.extenders ?? [])
}

function* misfitsOf(given: KubeSchedulerConfiguration): Generator<string> {
  yield* misfits(given, configurationShape, '')
  if (!Array.isArray(given.profiles)) return
  for (const [i, profile] of given.profiles.entries())
    for (const [j, { name, args } = { name: '' }] of (profile?.pluginConfig ?? []).entries()) {
      const shape = argsShapes[name]
      if (shape) yield* misfits(args, shape, `profiles[${i}].pluginConfig[${j}].args`)
    }
}

function expectKind(given: unknown): KubeSchedulerConfiguration {
  const { apiVersion = '', kind = '' } = (given ?? {}) as Partial<KubeSchedulerConfiguration>
  if (kind === 'KubeSchedulerConfiguration' && apiVersion === configurationVersion)
    return given as KubeSchedulerConfiguration
  if (!kind) throw new Error("Object 'Kind' is missing")
  throw new Error(`no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)}`)
}

/** What was given, if all of it can be used; throws an Error with a line for each thing that cannot. */
export function validateConfiguration(
  given: unknown,
  withDefaults: (config: KubeSchedulerConfiguration) => KubeSchedulerConfiguration,
): KubeSchedulerConfiguration {
  const config = expectKind(given)
  const strange = [...misfitsOf(config)]
  if (strange.length) throw new Error(`strict decoding error: ${strange.join(', ')}`)
  const errors = [...validate(withDefaults(config))].map(({ field, message }) => `${field}: ${message}`)
  if (errors.length) throw new Error(errors.join('\n'))
  return config
}
