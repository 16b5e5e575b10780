/** HorizontalPodAutoscaler scales a workload so that its metrics meet their targets. */
import { type FieldError, invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { givenEmpty } from '../../machinery/schema/given-empty.js'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerSpec,
  HPAScalingRules,
} from '../generated/autoscaling-v2.js'
import { age } from '../printing/age.js'
import { nonNegativeFields } from '../validation/numbers.js'
import { validateBehavior } from './behavior.js'
import { formatMetrics } from './format-metrics.js'
import { validateMetrics } from './metrics.js'
import { referenceVersionErrors, validateReference } from './reference.js'

/** What upstream scales by when nothing is said. */
export const defaultCpuUtilization = 80

const scaleUpDefaults = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Pods', value: 4, periodSeconds: 15 },
    { type: 'Percent', value: 100, periodSeconds: 15 },
  ],
})

/** The window's default is a flag of the controller, so it stays open here. */
const scaleDownDefaults = (): HPAScalingRules => ({
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
})

/** Policies that were sent empty are not those that were left out. */
function withDefaults(rules: HPAScalingRules | undefined, { policies, ...defaults }: HPAScalingRules): HPAScalingRules {
  const isEmpty = rules && givenEmpty(rules, 'policies') !== undefined
  return { ...defaults, ...(!isEmpty && { policies }), ...rules }
}

/** The gate HPAConfigurableTolerance is off in v1.34: the field stays only where it already was. */
function dropTolerance({ spec }: HorizontalPodAutoscaler, old?: HorizontalPodAutoscaler): void {
  const { scaleUp: oldUp, scaleDown: oldDown } = old?.spec.behavior ?? {}
  if (oldUp?.tolerance !== undefined || oldDown?.tolerance !== undefined) return
  delete spec.behavior?.scaleUp?.tolerance
  delete spec.behavior?.scaleDown?.tolerance
}

const validateTargetVersion = ({ scaleTargetRef }: HorizontalPodAutoscalerSpec): Iterable<FieldError> =>
  referenceVersionErrors(scaleTargetRef, 'spec.scaleTargetRef', {
    allowCore: scaleTargetRef.kind === 'ReplicationController',
  })

/** The version of a target that stays the same is not looked at. */
function* validateSpec(spec: HorizontalPodAutoscalerSpec, isNewTarget: boolean): Generator<FieldError> {
  const { minReplicas, maxReplicas } = spec
  if (minReplicas !== undefined && minReplicas < 1)
    yield invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')
  if (maxReplicas < 1) yield invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0')
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    yield invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')
  yield* validateReference(spec.scaleTargetRef, 'spec.scaleTargetRef')
  if (isNewTarget) yield* validateTargetVersion(spec)
  yield* validateMetrics(spec.metrics ?? [], 'spec.metrics', minReplicas)
  yield* validateBehavior(spec.behavior, 'spec.behavior')
}

export const horizontalPodAutoscaler = defineKind<HorizontalPodAutoscaler>({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  scope: 'Namespaced',
  names: { plural: 'horizontalpodautoscalers', shortNames: ['hpa'], categories: ['all'] },

  setDefaults({ spec }) {
    spec.minReplicas ??= 1
    if (!spec.metrics?.length) {
      const target = { type: 'Utilization', averageUtilization: defaultCpuUtilization }
      spec.metrics = [{ type: 'Resource', resource: { name: 'cpu', target } }]
    }
    const { behavior } = spec
    if (!behavior) return
    behavior.scaleUp = withDefaults(behavior.scaleUp, scaleUpDefaults())
    behavior.scaleDown = withDefaults(behavior.scaleDown, scaleDownDefaults())
  },

  validateCreate: ({ spec }) => validateSpec(spec, true),
  validateUpdate({ spec }, { spec: old }) {
    const { apiVersion, kind } = spec.scaleTargetRef
    return validateSpec(spec, apiVersion !== old.scaleTargetRef.apiVersion || kind !== old.scaleTargetRef.kind)
  },

  strategy: {
    bumpGenerationOn: [],
    prepareForCreate: object => dropTolerance(object),
    prepareForUpdate: (object, old) => dropTolerance(object, old),
  },
  subresources: {
    status: {
      *validateUpdate({ status }) {
        if (status) yield* nonNegativeFields(status, 'status', ['currentReplicas', 'desiredReplicas'])
      },
    },
  },
  printerColumns: [
    {
      name: 'Reference',
      description:
        'scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.',
      of: ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`,
    },
    {
      name: 'Targets',
      description:
        'metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).  The desired replica count is calculated multiplying the ratio between the target value and the current value by the current number of pods.  Ergo, metrics used must decrease as the pod count is increased, and vice-versa.  See the individual metric source types for more information about how each type of metric must respond.',
      of: ({ spec, status }) => formatMetrics(spec.metrics ?? [], status?.currentMetrics ?? []),
    },
    {
      name: 'MinPods',
      description:
        'minReplicas is the lower limit for the number of replicas to which the autoscaler can scale down.  It defaults to 1 pod.  minReplicas is allowed to be 0 if the alpha feature gate HPAScaleToZero is enabled and at least one Object or External metric is configured.  Scaling is active as long as at least one metric value is available.',
      of: ({ spec }) => (spec.minReplicas === undefined ? '<unset>' : String(spec.minReplicas)),
    },
    {
      name: 'MaxPods',
      description:
        'maxReplicas is the upper limit for the number of replicas to which the autoscaler can scale up. It cannot be less that minReplicas.',
      of: ({ spec }) => spec.maxReplicas,
    },
    {
      name: 'Replicas',
      description:
        'currentReplicas is current number of replicas of pods managed by this autoscaler, as last seen by the autoscaler.',
      of: ({ status }) => status?.currentReplicas ?? 0,
    },
    age,
  ],
})
