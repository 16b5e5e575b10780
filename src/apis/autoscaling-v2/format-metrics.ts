/** The Targets cell of `kubectl get hpa`: what is measured, beside what is wanted. */
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../generated/autoscaling-v2.js'

const shown = 2
const unknown = '<unknown>'

/** The first two metrics, and how many more. */
export function formatMetrics(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (!specs.length) return '<none>'
  const cells = specs.slice(0, shown).map((spec, i) => formatMetric(spec, statuses[i]))
  const text = cells.join(', ')
  return specs.length > shown ? `${text} + ${specs.length - shown} more...` : text
}

function formatMetric(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return formatValue(spec.external?.target, status?.external?.current)
    case 'Object':
      return formatValue(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods?.target.averageValue}`
    case 'Resource':
      return `${spec.resource?.name}: ${formatResource(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource': {
      const { name, target } = spec.containerResource ?? {}
      return `${name}: ${formatResource(target, status?.containerResource?.current)}`
    }
    default:
      return '<unknown type>'
  }
}

function formatValue(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
  return `${current?.value ?? unknown}/${target?.value}`
}

function formatResource(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`
  const now = current?.averageUtilization === undefined ? unknown : `${current.averageUtilization}%`
  const wanted = target?.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`
  return `${now}/${wanted}`
}
