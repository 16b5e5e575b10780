/** What is counted of checks of ValidatingAdmissionPolicies: upstream's names and labels. Families are there once a check had a result. */
import { Counter, Histogram, type MetricRegistry } from '../../../telemetry/metrics.js'
import type { Decision } from './decision.js'

/** `allow`: something went wrong and is ignored. Checks that go well are not counted. */
export type EnforcementAction = 'allow' | 'audit' | 'deny' | 'warn'

export interface PolicyNames {
  policy: string
  binding: string
}

export type ObserveCheck = (names: PolicyNames, decision: Decision, action: EnforcementAction) => void

const buckets = [0.0000005, 0.001, 0.01, 0.1, 1]
const labelNames = ['enforcement_action', 'error_type', 'policy', 'policy_binding']

/** Upstream tells by the message, and has no word of its own for a plain no. */
function errorTypeOf({ message }: Decision): string {
  if (message.startsWith('compilation')) return 'compile_error'
  return message.startsWith('validation failed due to running out of cost budget') ? 'out_of_budget' : 'invalid_error'
}

const newFamilies = (registry: MetricRegistry) => ({
  checks: new Counter({
    name: 'apiserver_validating_admission_policy_check_total',
    help: '[BETA] Validation admission policy check total, labeled by policy and further identified by binding and enforcement action taken.',
    ...{ labelNames, registers: [registry] },
  }),
  durations: new Histogram({
    name: 'apiserver_validating_admission_policy_check_duration_seconds',
    help: '[BETA] Validation admission latency for individual validation expressions in seconds, labeled by policy and further including binding and enforcement action taken.',
    ...{ labelNames, buckets, registers: [registry] },
  }),
})

export function newPolicyMetrics(registry: MetricRegistry): ObserveCheck {
  let families: ReturnType<typeof newFamilies> | undefined
  return ({ policy, binding }, decision, enforcement_action) => {
    families ??= newFamilies(registry)
    const labels = { enforcement_action, error_type: errorTypeOf(decision), policy, policy_binding: binding }
    families.checks.inc(labels)
    families.durations.observe(labels, decision.seconds)
  }
}
