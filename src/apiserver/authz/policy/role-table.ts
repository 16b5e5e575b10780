/** A short notation for the default roles, so that they can be read as a table. */
import type { PolicyRule } from '../policy-rule.js'

/** Rules by role name. */
export type RoleTable = Readonly<Record<string, readonly string[]>>

const list = (text: string) => text.split(',')

/**
 * `verbs groups resources [names]`, each a comma-separated list, the core group as `core`; or `verbs @ urls`:
 * `get,list apps deployments,deployments/status` and `get @ /version,/healthz`.
 */
export function parseRule(text: string): PolicyRule {
  const [verbs = '', groups = '', resources = '', names] = text.split(' ')
  if (groups === '@') return { verbs: list(verbs), nonResourceURLs: list(resources) }
  return {
    verbs: list(verbs),
    apiGroups: list(groups).map(group => (group === 'core' ? '' : group)),
    resources: list(resources),
    ...(names && { resourceNames: list(names) }),
  }
}
