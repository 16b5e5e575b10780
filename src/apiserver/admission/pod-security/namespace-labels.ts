/** PodSecurity's part in a namespace: its labels must be readable, and who enforces more hears which pods are in the way. */
import type { Pod, PodSpec } from '../../../apis/generated/core-v1.js'
import { invalidObject } from '../../../machinery/status-error.js'
import type { AdmissionAttributes } from '../admission.js'
import { type Lookup, pods } from '../lookup.js'
import { warningsOfExistingPods } from './pods-in-namespace.js'
import {
  compareLevels,
  equivalentPolicies,
  formatLevelVersion,
  fullyPrivileged,
  labelOf,
  modes,
  type Policy,
  policyOf,
  sameLevelVersion,
  versionLabelOf,
} from './policy.js'

export interface NamespaceContext {
  lookup: Lookup
  defaults: Policy
  exemptNamespaces: readonly string[]
  isExemptRuntime(spec: PodSpec | undefined): boolean
}

/** Labels that an exempt namespace does not heed; undefined when there are none to speak of. */
function exemptWarning(
  name: string,
  { policy, labels = {} }: { policy: Policy; labels: Readonly<Record<string, string>> | undefined },
  defaults: Policy,
): string | undefined {
  if (fullyPrivileged(policy) || equivalentPolicies(policy, defaults)) return undefined
  const said = modes.filter(
    mode =>
      policy[mode].level !== 'privileged' &&
      (labels[labelOf(mode)] !== undefined || labels[versionLabelOf(mode)] !== undefined),
  )
  const text = said.map(mode => `${mode}=${formatLevelVersion(policy[mode])}`).join(', ')
  return `namespace "${name}" is exempt from Pod Security, and the policy (${text}) will be ignored`
}

/** Throws 422 for labels that cannot be read, unless they were as bad before. */
export async function checkNamespace(attributes: AdmissionAttributes, context: NamespaceContext): Promise<void> {
  const { kind, object, old, subresource, warn } = attributes
  if (subresource || !object) return
  const { lookup, defaults, exemptNamespaces, isExemptRuntime } = context
  const name = attributes.name || (object.metadata.name ?? '')
  const { labels } = object.metadata
  const { policy, errors } = policyOf(labels, defaults)
  const before = old && policyOf(old.metadata.labels, defaults)
  if (errors.length && JSON.stringify(errors) !== JSON.stringify(before?.errors))
    throw invalidObject(kind, name, errors)
  if (before) {
    const [next, last] = [policy.enforce, before.policy.enforce]
    if (sameLevelVersion(next, last) || next.level === 'privileged') return
    if (next.version === last.version && compareLevels(next.level, last.level) < 1) return
  }
  if (exemptNamespaces.includes(name)) {
    const warning = exemptWarning(name, { policy, labels }, defaults)
    if (warning) warn?.(warning)
    return
  }
  if (!before) return
  const existing = (await lookup.list<Pod & { metadata: object }>(pods, name)) as Pod[]
  const concerned = existing.filter(pod => !isExemptRuntime(pod.spec))
  for (const warning of warningsOfExistingPods(name, policy.enforce, concerned)) warn?.(warning)
}
