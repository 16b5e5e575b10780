/** Validation of how fast a HorizontalPodAutoscaler may scale. */
import { type FieldError, invalid, notSupported, required } from '../../machinery/field-error.js'
import { validateNonNegativeQuantity } from '../core-v1/resource-validation.js'
import type { HorizontalPodAutoscalerBehavior, HPAScalingPolicy, HPAScalingRules } from '../generated/autoscaling-v2.js'

const maxPeriodSeconds = 1800
const maxStabilizationWindowSeconds = 3600
const selectPolicies = ['Disabled', 'Max', 'Min']
const policyTypes = ['Percent', 'Pods']

export function* validateBehavior(
  behavior: HorizontalPodAutoscalerBehavior | undefined,
  path: string,
): Generator<FieldError> {
  if (behavior?.scaleUp) yield* validateRules(behavior.scaleUp, `${path}.scaleUp`)
  if (behavior?.scaleDown) yield* validateRules(behavior.scaleDown, `${path}.scaleDown`)
}

function* validateRules(rules: HPAScalingRules, path: string): Generator<FieldError> {
  const { stabilizationWindowSeconds: window, selectPolicy, policies = [], tolerance } = rules
  const field = `${path}.stabilizationWindowSeconds`
  if (window !== undefined && window < 0) yield invalid(field, window, 'must be greater than or equal to zero')
  if (window !== undefined && window > maxStabilizationWindowSeconds)
    yield invalid(field, window, `must be less than or equal to ${maxStabilizationWindowSeconds}`)
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy))
    yield notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies)
  if (!policies.length) yield required(`${path}.policies`, 'must specify at least one Policy')
  for (const [i, policy] of policies.entries()) yield* validatePolicy(policy, `${path}.policies[${i}]`)
  if (tolerance !== undefined) yield* validateNonNegativeQuantity(tolerance, `${path}.tolerance`)
}

function* validatePolicy({ type, value, periodSeconds }: HPAScalingPolicy, path: string): Generator<FieldError> {
  if (!policyTypes.includes(type)) yield notSupported(`${path}.type`, type, policyTypes)
  if (value <= 0) yield invalid(`${path}.value`, value, 'must be greater than zero')
  if (periodSeconds <= 0) yield invalid(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero')
  if (periodSeconds > maxPeriodSeconds)
    yield invalid(`${path}.periodSeconds`, periodSeconds, `must be less than or equal to ${maxPeriodSeconds}`)
}
