/** autoscaling/v1's HorizontalPodAutoscaler as a view on v2's: what v1 cannot say travels in annotations. */

import { defaultCpuUtilization } from '../autoscaling-v2/horizontal-pod-autoscaler.js'
import type { HorizontalPodAutoscaler as V1 } from '../generated/autoscaling-v1.js'
import type { HPAScalingRules, MetricSpec, HorizontalPodAutoscaler as V2 } from '../generated/autoscaling-v2.js'
import { type FlatMetric, flattenSpec, flattenStatus, unflattenSpec, unflattenStatus } from './metric-conversion.js'

const prefix = 'autoscaling.alpha.kubernetes.io/'
const keys = {
  metrics: `${prefix}metrics`,
  currentMetrics: `${prefix}current-metrics`,
  conditions: `${prefix}conditions`,
  behavior: `${prefix}behavior`,
}

/** In which v1 keeps what it has no fields for. */
export const conversionAnnotations: readonly string[] = Object.values(keys)

type Annotations = Record<string, string>

const withoutOurs = (annotations: Annotations | undefined): Annotations =>
  Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !conversionAnnotations.includes(key)))

const withAnnotations = <T extends { annotations?: Annotations }>(metadata: T, annotations: Annotations): T => {
  const { annotations: _, ...rest } = metadata
  return (Object.keys(annotations).length ? { ...rest, annotations } : rest) as T
}

/** The metric that v1 has a field of its own for. */
const isCpuUtilization = ({ type, resource }: MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined

const cpuUtilization = (percentage: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percentage } },
})

/** What cannot be parsed is ignored, as upstream does. */
function parse<T>(annotations: Annotations | undefined, key: string): T | undefined {
  const text = annotations?.[key]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as T
  } catch {
    return undefined
  }
}

const keysOf = { spec: [keys.metrics, keys.behavior], status: [keys.currentMetrics, keys.conditions] }

/** The annotations that carry a part of the object become those of `old`: a new object has none, as it has no status. */
export function keepAnnotations(part: keyof typeof keysOf, { metadata }: V1, old?: V1): void {
  const annotations = { ...metadata.annotations }
  for (const key of keysOf[part]) {
    const kept = old?.metadata.annotations?.[key]
    if (kept === undefined) delete annotations[key]
    else annotations[key] = kept
  }
  if (Object.keys(annotations).length) metadata.annotations = annotations
  else delete metadata.annotations
}

export function fromHub(hub: V2): V1 {
  const { metrics = [], behavior, ...spec } = hub.spec
  const { currentMetrics, conditions, ...status } = hub.status ?? { desiredReplicas: 0 }
  const annotations = withoutOurs(hub.metadata.annotations)
  const others = metrics.filter(metric => !isCpuUtilization(metric))
  if (others.length) annotations[keys.metrics] = JSON.stringify(others.map(flattenSpec))
  if (currentMetrics?.length) annotations[keys.currentMetrics] = JSON.stringify(currentMetrics.map(flattenStatus))
  if (behavior) annotations[keys.behavior] = JSON.stringify(toInternal(behavior))
  if (conditions?.length) annotations[keys.conditions] = JSON.stringify(conditions)
  const target = metrics.find(isCpuUtilization)?.resource?.target.averageUtilization
  const current = currentMetrics?.find(m => m.type === 'Resource' && m.resource?.name === 'cpu')?.resource?.current
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(hub.metadata, annotations),
    spec: { ...spec, ...(target !== undefined && { targetCPUUtilizationPercentage: target }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(current?.averageUtilization !== undefined && {
        currentCPUUtilizationPercentage: current.averageUtilization,
      }),
    },
  }
}

export function toHub(spoke: V1): V2 {
  const { targetCPUUtilizationPercentage: target, ...spec } = spoke.spec
  const {
    currentCPUUtilizationPercentage: current,
    currentReplicas,
    ...status
  } = spoke.status ?? {
    currentReplicas: 0,
    desiredReplicas: 0,
  }
  const { annotations } = spoke.metadata
  const metrics = [
    ...(parse<FlatMetric[]>(annotations, keys.metrics)?.map(unflattenSpec) ?? []),
    ...(target === undefined ? [] : [cpuUtilization(target)]),
  ]
  const behavior = fromInternal(parse(annotations, keys.behavior))
  const conditions = parse<NonNullable<V2['status']>['conditions']>(annotations, keys.conditions)
  const currentMetrics =
    parse<FlatMetric[]>(annotations, keys.currentMetrics)?.map(unflattenStatus) ??
    (current === undefined
      ? null
      : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: current } } }])
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: withAnnotations(spoke.metadata, withoutOurs(annotations)),
    spec: {
      ...spec,
      metrics: metrics.length ? metrics : [cpuUtilization(defaultCpuUtilization)],
      ...(behavior && { behavior }),
    },
    status: {
      ...status,
      ...(currentReplicas && { currentReplicas }),
      currentMetrics,
      ...(conditions && { conditions }),
    },
  }
}

type Behavior = NonNullable<V2['spec']['behavior']>

const rulesForm = (rules: HPAScalingRules | undefined) =>
  rules
    ? {
        StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
        SelectPolicy: rules.selectPolicy ?? null,
        Policies:
          rules.policies?.map(({ type, value, periodSeconds }) => ({
            Type: type,
            Value: value,
            PeriodSeconds: periodSeconds,
          })) ?? null,
        Tolerance: rules.tolerance ?? null,
      }
    : null

/** Upstream writes this annotation from its internal type, which has no JSON names; it reads either. */
const toInternal = ({ scaleUp, scaleDown }: Behavior): unknown => ({
  ScaleUp: rulesForm(scaleUp),
  ScaleDown: rulesForm(scaleDown),
})
const fromInternal = (value: unknown): Behavior | undefined => {
  const behavior = mapKeys(value, key => key[0]!.toLowerCase() + key.slice(1)) as Behavior | undefined
  return behavior && Object.keys(behavior).length ? behavior : undefined
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map(item => mapKeys(item, rename))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null)
  return Object.fromEntries(entries.map(([key, item]) => [rename(key), mapKeys(item, rename)]))
}
