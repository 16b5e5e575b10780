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

export function flattenSpec(metric: MetricSpec): FlatMetric {
  const found = first(metric)
  if (!found) return { type: metric.type }
  const source = found.source as AnySource & { target: MetricTarget }
  const { value: targetValue, averageValue, averageUtilization: targetAverageUtilization } = source.target
  const average = found.name === 'object' ? { averageValue } : { targetAverageValue: averageValue }
  return {
    type: metric.type,
    [found.name]: flatten(found.name, source, { targetValue, targetAverageUtilization, ...average }),
  }
}

export function unflattenSpec(flat: FlatMetric): MetricSpec {
  const found = first(flat)
  if (!found) return { type: flat.type }
  const source = found.source as FlatSource
  const averageUtilization = source.targetAverageUtilization
  const averageValue = found.name === 'object' ? source.averageValue : source.targetAverageValue
  const value = source.targetValue
  const type = averageUtilization !== undefined ? 'Utilization' : averageValue !== undefined ? 'AverageValue' : 'Value'
  const target = compact({ type, value, averageValue, averageUtilization })
  return { type: flat.type, [found.name]: { ...unflatten(found.name, source), target } }
}

export function flattenStatus(metric: MetricStatus): FlatMetric {
  const found = first(metric)
  if (!found) return { type: metric.type }
  const source = found.source as AnySource & { current: MetricValueStatus }
  const { value: currentValue, averageValue, averageUtilization: currentAverageUtilization } = source.current
  const average = found.name === 'object' ? { averageValue } : { currentAverageValue: averageValue }
  return {
    type: metric.type,
    [found.name]: flatten(found.name, source, { currentValue, currentAverageUtilization, ...average }),
  }
}

export function unflattenStatus(flat: FlatMetric): MetricStatus {
  const found = first(flat)
  if (!found) return { type: flat.type }
  const source = found.source as FlatSource
  const current = compact({
    value: source.currentValue,
    averageValue: found.name === 'object' ? source.averageValue : source.currentAverageValue,
    averageUtilization: source.currentAverageUtilization,
  })
  return { type: flat.type, [found.name]: { ...unflatten(found.name, source), current } }
}
