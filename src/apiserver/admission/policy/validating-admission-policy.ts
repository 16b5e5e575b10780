/** ValidatingAdmissionPolicy: refuses, warns of or notes what the expressions of bound policies do not allow. */
import type {
  MatchResources,
  ValidatingAdmissionPolicyBinding,
} from '../../../apis/generated/admissionregistration-v1.js'
import type { Clock } from '../../../machinery/clock.js'
import type { AnyKind } from '../../../machinery/kind.js'
import { StatusError, type StatusReason } from '../../../machinery/status-error.js'
import type { Authorize } from '../../authz/authorizer.js'
import type { RestDirectory } from '../../deps.js'
import { type AdmissionAttributes, type AdmissionPlugin, refusal } from '../admission.js'
import { type Lookup, namespaces } from '../lookup.js'
import { isExempt, matchesSelectors, matchingKind } from '../rule-matching.js'
import { authorizerValues } from './access.js'
import { admissionRequest, shownNamespace } from './admission-request.js'
import { type Decision, evaluatePolicy, type PolicyInput, type PolicyResult } from './decision.js'
import type { ObserveCheck, PolicyNames } from './metrics.js'
import { ConfigurationError, collectParams } from './params.js'
import type { BoundPolicy, Policies } from './policies.js'

export interface PolicyDeps {
  policies: Policies
  rests: RestDirectory
  authorize: Authorize
  lookup: Lookup
  clock: Clock
  observe: ObserveCheck
}

const codes: Record<string, number> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413, Invalid: 422 }

interface Denied extends Omit<Decision, 'seconds'> {
  policy: string
  binding?: string
}

function denial(
  attributes: AdmissionAttributes,
  { policy, binding, message, reason = 'Invalid' }: Denied,
): StatusError {
  const by = binding ? `'${policy}' with binding '${binding}'` : `'${policy}'`
  const text = `ValidatingAdmissionPolicy ${by} denied request: ${message}`
  const { status } = refusal(attributes, text)
  const causes = [...(status.details?.causes ?? []), { message: text }]
  return new StatusError(codes[reason] ?? 422, reason as StatusReason, status.message ?? text, {
    ...status.details,
    causes,
  })
}

/** The kind in whose version the policy means the request; undefined when it does not mean it. Throws a StatusError. */
async function matchedKind(
  match: MatchResources | undefined,
  attributes: AdmissionAttributes,
  { lookup }: PolicyDeps,
): Promise<AnyKind | undefined> {
  const { resourceRules = [], excludeResourceRules = [] } = match ?? {}
  if (excludeResourceRules.length && matchingKind(excludeResourceRules, attributes, [])) return undefined
  const kind = resourceRules.length ? matchingKind(resourceRules, attributes, []) : attributes.kind
  if (!kind) return undefined
  return (await matchesSelectors(match ?? {}, attributes, lookup)) ? kind : undefined
}

/** What all bindings of a request share. */
async function commonInput(attributes: AdmissionAttributes, deps: PolicyDeps): Promise<Omit<PolicyInput, 'params'>> {
  const { namespace: name, kind } = attributes
  const namespace = name ? await deps.lookup.get(namespaces, { name }) : undefined
  return {
    attributes,
    request: admissionRequest(attributes, kind),
    namespace: namespace && shownNamespace(namespace),
    authorizers: authorizerValues(deps.authorize, attributes),
    clock: deps.clock,
  }
}

interface Enforcement {
  actions: readonly string[]
  attributes: AdmissionAttributes
  observe: ObserveCheck
}

const failureAnnotation = 'validation.policy.admission.k8s.io/validation_failure'

/** As the audit log has it. */
const failureOf = ({ message, index = 0 }: Decision, { policy, binding }: PolicyNames, actions: readonly string[]) => ({
  ...{ message, policy, binding },
  ...{ expressionIndex: index, validationActions: actions },
})

/** What the binding makes of a result: what it denies; of the rest it warns as it says. */
function enforce(result: PolicyResult, names: PolicyNames, { actions, attributes, observe }: Enforcement): Denied[] {
  const denied: Denied[] = []
  const deny = (decision: Decision) => {
    denied.push({ ...decision, ...names })
    observe(names, decision, 'deny')
  }
  const failures: object[] = []
  for (const decision of result.ignored) observe(names, decision, 'allow')
  for (const decision of result.denials)
    for (const action of actions) {
      if (action === 'Deny') deny(decision)
      if (action === 'Audit') {
        observe(names, decision, 'audit')
        failures.push(failureOf(decision, names, actions))
      }
      if (action !== 'Warn') continue
      const { policy, binding } = names
      attributes.warn?.(
        `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${binding}': ${decision.message}`,
      )
      observe(names, decision, 'warn')
    }
  for (const [key, value] of result.auditAnnotations) attributes.annotate?.(`${names.policy}/${key}`, value)
  if (failures.length) attributes.annotate?.(failureAnnotation, JSON.stringify(failures))
  for (const decision of result.annotationErrors) deny(decision)
  return denied
}

/** What the binding denies. */
async function applyBinding(
  { policy, compiled }: BoundPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  input: Omit<PolicyInput, 'params'>,
  deps: PolicyDeps,
): Promise<Denied[]> {
  const { attributes } = input
  const { matchResources, paramRef, validationActions: actions = [] } = binding.spec
  if (!(await matchedKind(matchResources, attributes, deps))) return []
  const { paramKind } = policy.spec
  const params = await collectParams(deps.rests, { kind: paramKind, ref: paramRef, namespace: attributes.namespace })
  const names = { policy: policy.metadata.name ?? '', binding: binding.metadata.name ?? '' }
  const denied: Denied[] = []
  for (const param of params) {
    const typed = param && { apiVersion: paramKind?.apiVersion, kind: paramKind?.kind, ...param }
    const result = await evaluatePolicy(await compiled(), { ...input, params: typed })
    denied.push(...enforce(result, names, { actions, attributes, observe: deps.observe }))
  }
  return denied
}

/** What cannot be configured denies, unless failures are ignored. */
async function orConfigurationError(
  { policy }: BoundPolicy,
  binding: ValidatingAdmissionPolicyBinding | undefined,
  run: () => Promise<Denied[]>,
): Promise<Denied[]> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof StatusError)) throw error
    if (policy.spec.failurePolicy === 'Ignore') return []
    const message = `failed to configure ${binding ? 'binding' : 'policy'}: ${error.message}`
    const name = binding?.metadata.name
    return [{ policy: policy.metadata.name ?? '', message, ...(name && { binding: name }) }]
  }
}

export function validatingAdmissionPolicies(deps: PolicyDeps): AdmissionPlugin {
  const applyPolicy = async (bound: BoundPolicy, attributes: AdmissionAttributes): Promise<Denied[]> => {
    if (!(await matchedKind(bound.policy.spec.matchConstraints, attributes, deps))) return []
    const input = await commonInput(attributes, deps)
    const denied: Denied[] = []
    for (const binding of bound.bindings)
      denied.push(...(await orConfigurationError(bound, binding, () => applyBinding(bound, binding, input, deps))))
    return denied
  }
  return {
    name: 'ValidatingAdmissionPolicy',
    operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
    subresources: true,
    validate(attributes) {
      const { bound } = deps.policies
      if (!bound.length || isExempt(attributes)) return undefined
      return (async () => {
        const denied: Denied[] = []
        for (const policy of bound)
          denied.push(...(await orConfigurationError(policy, undefined, () => applyPolicy(policy, attributes))))
        if (denied.length) throw denial(attributes, denied[0]!)
      })()
    },
  }
}
