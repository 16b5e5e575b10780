/** The admission plugins in upstream's order. */
import type { Clock, Random } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { MetricRegistry } from '../../telemetry/metrics.js'
import type { Authorize } from '../authz/authorizer.js'
import type { RuleResolver } from '../authz/rule-resolver.js'
import type { RestDirectory } from '../deps.js'
import type { CallWebhook } from '../webhook-client/webhook-client.js'
import type { AdmissionPlugin } from './admission.js'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.js'
import { defaultTolerationSeconds, taintNodesByCondition } from './default-tolerations.js'
import { deviceAdminAccess } from './device-admin-access.js'
import { newEquivalence } from './equivalence.js'
import { defaultIngressClass } from './ingress-class.js'
import { limitRanger } from './limit-ranger.js'
import { newLookup } from './lookup.js'
import { namespaceLifecycle } from './namespace-lifecycle.js'
import { nodeRestriction } from './node-restriction/node-restriction.js'
import type { PodSecurityConfiguration } from './pod-security/configuration.js'
import { podSecurity } from './pod-security/pod-security.js'
import { newPolicyMetrics } from './policy/metrics.js'
import type { Policies } from './policy/policies.js'
import { validatingAdmissionPolicies } from './policy/validating-admission-policy.js'
import { policyParamsAccess } from './policy-params-access.js'
import { priority } from './priority.js'
import { rbacEscalation } from './rbac-escalation.js'
import { resourceQuota } from './resource-quota.js'
import { runtimeClass } from './runtime-class.js'
import { serviceAccount } from './service-account.js'
import { defaultStorageClass, persistentVolumeClaimResize, storageObjectInUseProtection } from './storage.js'
import { newWebhookMetrics } from './webhook/metrics.js'
import { mutatingWebhooks, type Redecode } from './webhook/mutating-webhooks.js'
import { validatingWebhooks } from './webhook/validating-webhooks.js'
import type { AllWebhooks } from './webhook/webhooks.js'

export interface PluginDeps {
  clock: Clock
  random: Random
  rests: RestDirectory
  resolver: RuleResolver
  authorize: Authorize
  metrics: MetricRegistry
  policies: Policies
  webhooks: AllWebhooks
  callWebhook: CallWebhook
  newUid(): string
  log: Logger
  redecode: Redecode
  podSecurity?: PodSecurityConfiguration
}

export function defaultPlugins(deps: PluginDeps): AdmissionPlugin[] {
  const { clock, random, rests, resolver, authorize, metrics, policies, podSecurity: configuration } = deps
  const { webhooks, callWebhook: call, newUid, log, redecode } = deps
  const lookup = newLookup(rests)
  const calls = newWebhookMetrics(metrics, clock)
  const dispatch = { lookup, authorize, equivalence: newEquivalence(rests), call, newUid, metrics: calls, log }
  return [
    namespaceLifecycle(lookup),
    limitRanger(lookup),
    serviceAccount(lookup, { clock, random }),
    nodeRestriction(lookup, authorize),
    taintNodesByCondition,
    podSecurity(lookup, { metrics, configuration }),
    priority(lookup),
    defaultTolerationSeconds,
    defaultStorageClass(lookup),
    storageObjectInUseProtection,
    persistentVolumeClaimResize(lookup),
    runtimeClass(lookup),
    certificateApproval(authorize),
    certificateSigning(authorize),
    certificateSubjectRestriction,
    defaultIngressClass(lookup),
    rbacEscalation(resolver, authorize),
    deviceAdminAccess(lookup),
    policyParamsAccess({ authorize, rests, lookup }),
    mutatingWebhooks(webhooks, { ...dispatch, redecode }),
    validatingAdmissionPolicies({ policies, rests, authorize, lookup, clock, observe: newPolicyMetrics(metrics) }),
    validatingWebhooks(webhooks, dispatch),
    // Last: whatever is charged must not be refused afterwards.
    resourceQuota(lookup, { clock, rests }),
  ]
}
