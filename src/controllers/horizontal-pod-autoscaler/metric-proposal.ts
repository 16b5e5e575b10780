/** What one metric of an autoscaler says: how many replicas, and what its status shows of it. */
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../apis/generated/autoscaling-v2.js'
import type { LabelSelector } from '../../apis/generated/meta-v1.js'
import { formatQuantity, quantityMilliValue, quantityOf } from '../../machinery/quantity.js'
import { printLabelSelector } from '../../machinery/selector/index.js'
import type { MetricsClient } from './metrics-client.js'
import {
  type Proposal,
  proposeByAverage,
  proposeByUtilization,
  proposeByValue,
  proposePerPod,
  type Workload,
} from './replicas.js'

export interface MetricContext {
  metrics: MetricsClient
  namespace: string
  /** Of the pods, as text. */
  selector: string
  workload: Workload
  /** Replicas the target says it has, which lag behind those it was asked for. */
  statusReplicas: number
}

export interface MetricProposal {
  replicas: number
  /** How events call the metric. */
  name: string
  status: MetricStatus
}

/** `reason` is that of the condition and of the event; `message` is for the event, the Error's own for the summary. */
export class MetricError extends Error {
  constructor(
    readonly reason: string,
    readonly detail: string,
    summary: string,
  ) {
    super(summary)
  }
}

const milli = (value: number, resource = ''): string =>
  formatQuantity(quantityOf(value, -3, resource === 'memory' ? 'BinarySI' : 'DecimalSI'))

const messageOf = (error: unknown): string => (error as Error).message

/** As Go prints a pointer to a selector. */
const selectorText = (selector: LabelSelector | undefined): string => (selector ? printLabelSelector(selector) : 'nil')

const noTarget = (source: string) =>
  `invalid ${source} metric source: neither a value target nor an average value target was set`

/** Puts words before those of an error. */
const explained = async <T>(words: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${words}: ${messageOf(error)}`, { cause: error })
  }
}

async function ofResource(
  of: { resource: string; container: string },
  target: MetricTarget,
  { metrics, namespace, selector, workload }: MetricContext,
): Promise<{ proposal: Proposal; name: string; current: MetricValueStatus }> {
  const { resource, container } = of
  const measured = () =>
    explained(`unable to get metrics for resource ${resource}`, () =>
      metrics.ofResource(resource, { namespace, selector, container }),
    )
  if (target.averageValue !== undefined) {
    const wanted = quantityMilliValue(target.averageValue)
    const proposal = await explained(`failed to get ${resource} usage`, async () =>
      proposeByAverage(await measured(), wanted, resource, workload),
    )
    return { proposal, name: `${resource} resource`, current: { averageValue: milli(proposal.usage, resource) } }
  }
  const { averageUtilization } = target
  if (averageUtilization === undefined)
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  const proposal = await explained(`failed to get ${resource} utilization`, async () =>
    proposeByUtilization(await measured(), averageUtilization, of, workload),
  )
  const name = `${resource} ${container ? 'container ' : ''}resource utilization (percentage of request)`
  const { utilization = 0, usage } = proposal
  return { proposal, name, current: { averageUtilization: utilization, averageValue: milli(usage, resource) } }
}

async function proposeResource({ resource: source, containerResource }: MetricSpec, context: MetricContext) {
  const of = source ?? containerResource!
  const container = containerResource?.container ?? ''
  const { proposal, name, current } = await ofResource({ resource: of.name, container }, of.target, context)
  const status: MetricStatus = containerResource
    ? { type: 'ContainerResource', containerResource: { name: of.name, container, current } }
    : { type: 'Resource', resource: { name: of.name, current } }
  return { replicas: proposal.replicas, name, status }
}

async function proposePods({ pods }: MetricSpec, { metrics, namespace, selector, workload }: MetricContext) {
  const { metric, target } = pods!
  const measured = await explained(`unable to get metric ${metric.name}`, () =>
    metrics.ofPods(metric, { namespace, selector }),
  )
  const { replicas, usage } = proposeByAverage(measured, quantityMilliValue(target.averageValue ?? '0'), '', workload)
  const status: MetricStatus = { type: 'Pods', pods: { metric, current: { averageValue: milli(usage) } } }
  return { replicas, name: `pods metric ${metric.name}`, status }
}

/** A metric that is one value for all: compared as it is, or shared out among the pods. */
function proposeShared(value: number, target: MetricTarget, { workload, statusReplicas }: MetricContext) {
  if (target.value !== undefined && target.type !== 'AverageValue') {
    const { replicas, usage } = proposeByValue(value, quantityMilliValue(target.value), workload)
    return { replicas, current: { value: milli(usage) } }
  }
  const wanted = quantityMilliValue(target.averageValue ?? '0')
  const { replicas, usage } = proposePerPod(value, wanted, { ...workload, current: statusReplicas })
  return { replicas, current: { averageValue: milli(usage) } }
}

async function proposeObject({ object }: MetricSpec, context: MetricContext): Promise<MetricProposal> {
  const { describedObject, metric, target } = object!
  const perPod = target.type === 'AverageValue' && target.averageValue !== undefined
  if (!perPod && !(target.type === 'Value' && target.value !== undefined)) throw new Error(noTarget('object'))
  const { namespace, metrics } = context
  const read = () =>
    metrics.ofObject(metric, namespace, describedObject).catch(error => {
      const { kind, name } = describedObject
      throw new Error(`unable to get metric ${metric.name}: ${messageOf(error)} on ${kind} ${namespace}/${name}`)
    })
  const value = perPod ? await explained(`failed to get ${metric.name} object metric`, read) : await read()
  const { replicas, current } = proposeShared(value, target, context)
  const name = perPod
    ? `external metric ${metric.name}(${selectorText(metric.selector)})`
    : `${describedObject.kind} metric ${metric.name}`
  return { replicas, name, status: { type: 'Object', object: { describedObject, metric, current } } }
}

async function proposeExternal({ external }: MetricSpec, context: MetricContext): Promise<MetricProposal> {
  const { metric, target } = external!
  const perPod = target.averageValue !== undefined
  if (!perPod && target.value === undefined) throw new Error(noTarget('external'))
  const { namespace, metrics } = context
  const text = selectorText(metric.selector)
  const failed = perPod
    ? `failed to get ${metric.name} external metric`
    : `failed to get external metric ${metric.name}`
  const values = await explained(failed, () =>
    explained(`unable to get external metric ${namespace}/${metric.name}/${text}`, () =>
      metrics.external(metric, namespace),
    ),
  )
  const sum = values.reduce((a, b) => a + b, 0)
  const shared = perPod ? { type: 'AverageValue', averageValue: target.averageValue! } : target
  const { replicas, current } = proposeShared(sum, shared, context)
  return {
    replicas,
    name: `external metric ${metric.name}(${text})`,
    status: { type: 'External', external: { metric, current } },
  }
}

interface Source {
  reason: string
  summary(spec: MetricSpec): string
  propose(spec: MetricSpec, context: MetricContext): Promise<MetricProposal>
}

const sources: Record<string, Source> = {
  Resource: {
    reason: 'FailedGetResourceMetric',
    summary: ({ resource }) => `failed to get ${resource?.name} resource metric value`,
    propose: proposeResource,
  },
  ContainerResource: {
    reason: 'FailedGetContainerResourceMetric',
    summary: ({ containerResource }) => `failed to get ${containerResource?.container} container metric value`,
    propose: proposeResource,
  },
  Pods: { reason: 'FailedGetPodsMetric', summary: () => 'failed to get pods metric value', propose: proposePods },
  Object: {
    reason: 'FailedGetObjectMetric',
    summary: () => 'failed to get object metric value',
    propose: proposeObject,
  },
  External: {
    reason: 'FailedGetExternalMetric',
    summary: ({ external }) => `failed to get ${external?.metric.name} external metric value`,
    propose: proposeExternal,
  },
}

/** Rejects with a MetricError. */
export async function proposeFor(spec: MetricSpec, context: MetricContext): Promise<MetricProposal> {
  const source = sources[spec.type]
  if (!source) {
    const text = `unknown metric source type ${JSON.stringify(spec.type)}`
    throw new MetricError('InvalidMetricSourceType', text, text)
  }
  try {
    return await source.propose(spec, context)
  } catch (error) {
    throw new MetricError(source.reason, messageOf(error), `${source.summary(spec)}: ${messageOf(error)}`)
  }
}
