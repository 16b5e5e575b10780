/** Validation of what plugins are told; upstream's validation_pluginargs. */
import { validateNodeSelector } from '../../apis/core-v1/pod-spec/node-affinity.js'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { validateLabelName } from '../../machinery/selector/index.js'
import type { PluginArgs, ResourceSpec, ShapePoint } from './types.js'

type Validator<K extends keyof PluginArgs> = (args: NonNullable<PluginArgs[K]>, path: string) => Generator<FieldError>

const strategies = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio']
const outside = (range: string) => `not in valid range ${range}`

function* validateShape(shape: readonly ShapePoint[] | undefined, path: string): Generator<FieldError> {
  if (!shape?.length) {
    yield required(path, 'at least one point must be specified')
    return
  }
  const unsorted = shape.findIndex((point, i) => i > 0 && (shape[i - 1] as ShapePoint).utilization >= point.utilization)
  if (unsorted > 0) {
    const at = `${path}[${unsorted}].utilization`
    yield invalid(at, shape[unsorted]?.utilization, 'values must be sorted in increasing order')
  }
  for (const [i, { utilization, score }] of shape.entries()) {
    if (utilization < 0 || utilization > 100)
      yield invalid(`${path}[${i}].utilization`, utilization, outside('[0, 100]'))
    if (score < 0 || score > 10) yield invalid(`${path}[${i}].score`, score, outside('[0, 10]'))
  }
}

function* validateResources(resources: readonly ResourceSpec[], path: string): Generator<FieldError> {
  // Zero is what is not there, and becomes one.
  for (const [i, { name, weight = 1 }] of resources.entries())
    if (weight < 0 || weight > 100)
      yield invalid(`${path}[${i}].weight`, weight, `resource weight of ${name} ${outside('(0, 100]')}`)
}

const preemption: Validator<'DefaultPreemption'> = function* (args, path) {
  const { minCandidateNodesPercentage: percentage = 10, minCandidateNodesAbsolute: absolute = 100 } = args
  const paths = { percentage: `${path}.minCandidateNodesPercentage`, absolute: `${path}.minCandidateNodesAbsolute` }
  if (percentage < 0 || percentage > 100) yield invalid(paths.percentage, percentage, outside('[0, 100]'))
  if (absolute < 0) yield invalid(paths.absolute, absolute, outside('[0, inf)'))
  if (percentage !== 0 || absolute !== 0) return
  yield invalid(paths.percentage, percentage, 'cannot be zero at the same time as minCandidateNodesAbsolute')
  yield invalid(paths.absolute, absolute, 'cannot be zero at the same time as minCandidateNodesPercentage')
}

const interPodAffinity: Validator<'InterPodAffinity'> = function* ({ hardPodAffinityWeight: weight = 1 }, path) {
  if (weight < 0 || weight > 100) yield invalid(`${path}.hardPodAffinityWeight`, weight, outside('[0, 100]'))
}

const spread: Validator<'PodTopologySpread'> = function* (args, path) {
  const { defaultConstraints = [] } = args
  const defaultingType = args.defaultingType ?? 'System'
  const typePath = `${path}.defaultingType`
  if (!['System', 'List'].includes(defaultingType)) yield notSupported(typePath, defaultingType, ['System', 'List'])
  if (defaultingType === 'System' && defaultConstraints.length)
    yield invalid(typePath, defaultingType, 'when .defaultConstraints are not empty')
  const actions = ['DoNotSchedule', 'ScheduleAnyway']
  for (const [i, constraint] of defaultConstraints.entries()) {
    const { maxSkew, topologyKey, whenUnsatisfiable, labelSelector } = constraint
    const at = `${path}.defaultConstraints[${i}]`
    if (!(maxSkew > 0)) yield invalid(`${at}.maxSkew`, maxSkew ?? 0, outside('(0, inf)'))
    if (!topologyKey) yield required(`${at}.topologyKey`, 'can not be empty')
    else yield* validateLabelName(topologyKey, `${at}.topologyKey`)
    if (!whenUnsatisfiable) yield required(`${at}.whenUnsatisfiable`, 'can not be empty')
    else if (!actions.includes(whenUnsatisfiable))
      yield notSupported(`${at}.whenUnsatisfiable`, whenUnsatisfiable, actions)
    if (labelSelector)
      yield forbidden(`${at}.labelSelector`, 'constraint must not define a selector, as they deduced for each pod')
    const same = (other: typeof constraint) =>
      other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable
    if (defaultConstraints.slice(0, i).some(same)) yield duplicate(at, `{${topologyKey}, ${whenUnsatisfiable}}`)
  }
}

const balanced: Validator<'NodeResourcesBalancedAllocation'> = function* ({ resources = [] }, path) {
  const seen = new Set<string>()
  for (const [i, { name, weight = 1 }] of resources.entries()) {
    if (seen.has(name)) yield duplicate(`${path}.resources[${i}].name`, name)
    seen.add(name)
    if ((weight || 1) !== 1) yield invalid(`${path}.resources[${i}].weight`, weight, 'must be 1')
  }
}

const fit: Validator<'NodeResourcesFit'> = function* (args, path) {
  const { ignoredResources = [], ignoredResourceGroups = [], scoringStrategy } = args
  for (const [i, name] of ignoredResources.entries()) yield* validateLabelName(name, `${path}.ignoredResources[${i}]`)
  for (const [i, group] of ignoredResourceGroups.entries()) {
    const at = `${path}.ignoredResourceGroups[${i}]`
    if (group.includes('/')) yield invalid(at, group, "resource group name can't contain '/'")
    yield* validateLabelName(group, at)
  }
  if (!scoringStrategy) return
  const at = `${path}.scoringStrategy`
  const { type = '', resources = [], requestedToCapacityRatio } = scoringStrategy
  if (!strategies.includes(type)) yield notSupported(`${at}.type`, type, strategies)
  yield* validateResources(resources, `${at}.resources`)
  if (requestedToCapacityRatio) yield* validateShape(requestedToCapacityRatio.shape, `${at}.shape`)
}

const nodeAffinity: Validator<'NodeAffinity'> = function* ({ addedAffinity }, path) {
  const required = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required)
    yield* validateNodeSelector(required, `${path}.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution`)
}

const volumeBinding: Validator<'VolumeBinding'> = function* ({ bindTimeoutSeconds: seconds = 600, shape }, path) {
  if (seconds < 0)
    yield invalid(`${path}.bindTimeoutSeconds`, seconds, 'invalid BindTimeoutSeconds, should not be a negative value')
  if (shape)
    yield invalid(
      `${path}.shape`,
      shape,
      'unexpected field `shape`, remove it or turn on the feature gate StorageCapacityScoring',
    )
}

const validators: { [K in keyof PluginArgs]-?: Validator<K> } = {
  DefaultPreemption: preemption,
  InterPodAffinity: interPodAffinity,
  NodeAffinity: nodeAffinity,
  NodeResourcesBalancedAllocation: balanced,
  NodeResourcesFit: fit,
  PodTopologySpread: spread,
  VolumeBinding: volumeBinding,
}

/** Plugins that take none are passed over. */
export function* validateArgs(name: string, args: object, path: string): Generator<FieldError> {
  const validate = validators[name as keyof PluginArgs] as
    | ((args: object, path: string) => Generator<FieldError>)
    | undefined
  if (validate) yield* validate(args, path)
}
