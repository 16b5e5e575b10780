/** Metrics in the flat form that autoscaling/v1 keeps in annotations, to and from v2's. */
import type {
  CrossVersionObjectReference,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../generated/autoscaling-v2.js'
import type { LabelSelector } from '../generated/meta-v1.js'

/** v1's MetricSpec and MetricStatus, which no API type of v1 refers to. */
interface FlatSource {
  name?: string
  container?: string
  target?: CrossVersionObjectReference
  metricName?: string
  selector?: LabelSelector
  metricSelector?: LabelSelector
  averageValue?: string
  targetValue?: string
  targetAverageValue?: string
  targetAverageUtilization?: number
  currentValue?: string
  currentAverageValue?: string
  currentAverageUtilization?: number
}

export type FlatMetric = { type: string } & Partial<Record<SourceName, FlatSource>>

const sourceNames = ['object', 'pods', 'resource', 'containerResource', 'external'] as const
type SourceName = (typeof sourceNames)[number]

type AnySource = {
  name?: string
  container?: string
  describedObject?: CrossVersionObjectReference
  metric?: { name: string; selector?: LabelSelector }
}

/** `object` calls its average differently, `external` its selector. */
function flatten(name: SourceName, source: AnySource, values: Partial<FlatSource>): FlatSource {
  const { name: resource, container, describedObject: target, metric } = source
  const selector = name === 'external' ? { metricSelector: metric?.selector } : { selector: metric?.selector }
  return compact({ name: resource, container, target, metricName: metric?.name, ...selector, ...values })
}

function unflatten(name: SourceName, flat: FlatSource): AnySource {
  const { name: resource, container, target: describedObject, metricName, selector, metricSelector } = flat
  const metric =
    metricName === undefined
      ? undefined
      : compact({ name: metricName, selector: name === 'external' ? metricSelector : selector })
  return compact({ name: resource, container, describedObject, metric })
}

const compact = <T extends object>(object: T): T =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T

const first = <T extends object>(metric: T & { type: string }) => {
  const name = sourceNames.find(source => (metric as Partial<Record<SourceName, unknown>>)[source])
  return name && { name, source: (metric as Record<string, unknown>)[name] }
}

/** Of a source: the values that v1 has a field for; those that are `always` printed, be it as 0. */
interface Values {
  has: readonly (keyof MetricValueStatus)[]
  always?: keyof MetricValueStatus
}

const ofSpec: Readonly<Record<SourceName, Values>> = {
  object: { has: ['value', 'averageValue'], always: 'value' },
  pods: { has: ['averageValue'], always: 'averageValue' },
  resource: { has: ['averageValue', 'averageUtilization'] },
  containerResource: { has: ['averageValue', 'averageUtilization'] },
  external: { has: ['value', 'averageValue'] },
}

const ofStatus: Readonly<Record<SourceName, Values>> = {
  ...ofSpec,
  resource: { has: ['averageValue', 'averageUtilization'], always: 'averageValue' },
  containerResource: { has: ['averageValue', 'averageUtilization'], always: 'averageValue' },
  external: { has: ['value', 'averageValue'], always: 'value' },
}

/** Drops what v1 cannot say, and adds what it always says. */
function known({ has, always }: Values, values: MetricValueStatus): MetricValueStatus {
  const kept = Object.fromEntries(has.map(name => [name, values[name]])) as MetricValueStatus
  return always === 'value' || always === 'averageValue' ? { ...kept, [always]: kept[always] ?? '0' } : kept
}

export function flattenSpec(metric: MetricSpec): FlatMetric {
  const found = first(metric)
  if (!found) return { type: metric.type }
  const source = found.source as AnySource & { target: MetricTarget }
  const { value: targetValue, averageValue, averageUtilization } = known(ofSpec[found.name], source.target)
  const average = found.name === 'object' ? { averageValue } : { targetAverageValue: averageValue }
  const values = { targetValue, targetAverageUtilization: averageUtilization, ...average }
  return { type: metric.type, [found.name]: flatten(found.name, source, values) }
}

function targetType(name: SourceName, { value, averageValue, averageUtilization }: MetricValueStatus): string {
  if (name === 'object') return averageValue === undefined ? 'Value' : 'AverageValue'
  if (name === 'external') return value === undefined ? 'AverageValue' : 'Value'
  return averageUtilization === undefined ? 'AverageValue' : 'Utilization'
}

export function unflattenSpec(flat: FlatMetric): MetricSpec {
  const found = first(flat)
  if (!found) return { type: flat.type }
  const source = found.source as FlatSource
  const values = known(ofSpec[found.name], {
    value: source.targetValue,
    averageValue: found.name === 'object' ? source.averageValue : source.targetAverageValue,
    averageUtilization: source.targetAverageUtilization,
  })
  const target = compact({ type: targetType(found.name, values), ...values })
  return { type: flat.type, [found.name]: { ...unflatten(found.name, source), target } }
}

export function flattenStatus(metric: MetricStatus): FlatMetric {
  const found = first(metric)
  if (!found) return { type: metric.type }
  const source = found.source as AnySource & { current: MetricValueStatus }
  const { value: currentValue, averageValue, averageUtilization } = known(ofStatus[found.name], source.current)
  const average = found.name === 'object' ? { averageValue } : { currentAverageValue: averageValue }
  const values = { currentValue, currentAverageUtilization: averageUtilization, ...average }
  return { type: metric.type, [found.name]: flatten(found.name, source, values) }
}

export function unflattenStatus(flat: FlatMetric): MetricStatus {
  const found = first(flat)
  if (!found) return { type: flat.type }
  const source = found.source as FlatSource
  const current = known(ofStatus[found.name], {
    value: source.currentValue,
    averageValue: found.name === 'object' ? source.averageValue : source.currentAverageValue,
    averageUtilization: source.currentAverageUtilization,
  })
  return { type: flat.type, [found.name]: { ...unflatten(found.name, source), current: compact(current) } }
}
