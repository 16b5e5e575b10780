/** Validation of the metrics that a HorizontalPodAutoscaler scales by. */
import { type FieldError, forbidden, invalid, notSupported, required } from '../../machinery/field-error.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import { compareQuantity } from '../../machinery/quantity.js'
import { validateContainerResourceName } from '../core-v1/pod-spec/resources.js'
import type {
  ContainerResourceMetricSource,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../generated/autoscaling-v2.js'
import { validateDnsLabel } from '../validation/text.js'
import { referenceVersionErrors, validateReference } from './reference.js'

const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource']
/** In the order in which upstream looks for them. */
const sources = ['object', 'external', 'pods', 'resource', 'containerResource'] as const
const targetTypes = ['Utilization', 'Value', 'AverageValue']

export function* validateMetrics(
  metrics: readonly MetricSpec[],
  path: string,
  minReplicas: number | undefined,
): Generator<FieldError> {
  for (const [i, metric] of metrics.entries()) yield* validateMetric(metric, `${path}[${i}]`)
  // Without pods only these say when there is something to do again.
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    yield forbidden(path, 'must specify at least one Object or External metric to support scaling to zero replicas')
}

function* validateMetric(metric: MetricSpec, path: string): Generator<FieldError> {
  const { type } = metric
  const known = types.includes(type)
  if (!type) yield required(`${path}.type`, 'must specify a metric source type')
  if (!known) yield notSupported(`${path}.type`, type ?? '', types)
  const present = sources.filter(source => metric[source])
  yield* validateSource(metric, path)
  const expected = known ? `${type[0]!.toLowerCase()}${type.slice(1)}` : ''
  if (known && !present.some(source => source === expected))
    yield required(`${path}.${expected}`, 'must populate information for the given metric source')
  if (!known) yield notSupported(`${path}.type`, type ?? '', types)
  if (present.length === 1) return
  for (const source of present.filter(name => name !== expected))
    yield forbidden(`${path}.${source}`, 'must populate the given metric source only')
}

/** Only the first source is looked into. */
function* validateSource(metric: MetricSpec, path: string): Generator<FieldError> {
  const { object, external, pods, resource, containerResource } = metric
  if (object) yield* validateObject(object, `${path}.object`)
  else if (external) yield* validateExternal(external, `${path}.external`)
  else if (pods) yield* validatePods(pods, `${path}.pods`)
  else if (resource) yield* validateResource(resource, `${path}.resource`)
  else if (containerResource) yield* validateContainerResource(containerResource, `${path}.containerResource`)
}

function* validateObject({ describedObject, metric, target }: ObjectMetricSource, path: string): Generator<FieldError> {
  yield* validateReference(describedObject, `${path}.describedObject`)
  yield* referenceVersionErrors(describedObject, `${path}.describedObject`, { allowCore: true })
  yield* validateIdentifier(metric, `${path}.metric`)
  yield* validateTarget(target, `${path}.target`)
  if (target.value === undefined && target.averageValue === undefined)
    yield required(`${path}.target.averageValue`, 'must set either a target value or averageValue')
}

function* validateExternal({ metric, target }: ExternalMetricSource, path: string): Generator<FieldError> {
  yield* validateIdentifier(metric, `${path}.metric`)
  yield* validateTarget(target, `${path}.target`)
  const { value, averageValue } = target
  if (value === undefined && averageValue === undefined)
    yield required(`${path}.target.averageValue`, 'must set either a target value for metric or a per-pod target')
  if (value !== undefined && averageValue !== undefined)
    yield forbidden(`${path}.target.value`, 'may not set both a target value for metric and a per-pod target')
}

function* validatePods({ metric, target }: PodsMetricSource, path: string): Generator<FieldError> {
  yield* validateIdentifier(metric, `${path}.metric`)
  yield* validateTarget(target, `${path}.target`)
  if (target.averageValue === undefined)
    yield required(`${path}.target.averageValue`, 'must specify a positive target averageValue')
}

function* validateResource({ name, target }: ResourceMetricSource, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.name`, 'must specify a resource name')
  yield* validateResourceTarget(target, `${path}.target`)
}

function* validateContainerResource(source: ContainerResourceMetricSource, path: string): Generator<FieldError> {
  const { name, container, target } = source
  if (name) yield* validateContainerResourceName(name, `${path}.name`)
  else yield required(`${path}.name`, 'must specify a resource name')
  if (container) yield* validateDnsLabel(container, `${path}.container`)
  else yield required(`${path}.container`, 'must specify a container')
  yield* validateResourceTarget(target, `${path}.target`)
}

function* validateResourceTarget(target: MetricTarget, path: string): Generator<FieldError> {
  yield* validateTarget(target, path)
  const { averageUtilization, averageValue } = target
  if (averageUtilization === undefined && averageValue === undefined)
    yield required(`${path}.averageUtilization`, 'must set either a target raw value or a target utilization')
  if (averageUtilization !== undefined && averageValue !== undefined)
    yield forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')
}

function* validateTarget(target: MetricTarget, path: string): Generator<FieldError> {
  const { type, averageUtilization } = target
  if (!type) yield required(`${path}.type`, 'must specify a metric target type')
  if (!targetTypes.includes(type))
    yield invalid(`${path}.type`, type ?? '', 'must be either Utilization, Value, or AverageValue')
  for (const field of ['value', 'averageValue'] as const) {
    const quantity = target[field]
    if (quantity !== undefined && compareQuantity(quantity, '0') <= 0)
      yield invalid(`${path}.${field}`, quantity, 'must be positive')
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    yield invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0')
}

function* validateIdentifier({ name }: MetricIdentifier, path: string): Generator<FieldError> {
  if (!name) yield required(`${path}.name`, 'must specify a metric name')
  else for (const message of nameIsPathSegment(name, false)) yield invalid(`${path}.name`, name, message)
}
