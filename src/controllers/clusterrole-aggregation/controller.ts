/** Cluster role aggregation controller: fills ClusterRoles that have an aggregation rule with the rules of those it selects. */
import type { ClusterRole, PolicyRule } from '../../apis/generated/rbac-v1.js'
import { clusterRole as roleKind } from '../../apis/rbac-v1/index.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import { keyOf } from '../../client/indexer.js'
import { matchesLabels } from '../../machinery/selector/index.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

const byName = ({ metadata: a }: ClusterRole, { metadata: b }: ClusterRole) =>
  (a.name ?? '') < (b.name ?? '') ? -1 : 1

/** Rules of the selected roles, by selector and then by name, each once. */
export function planRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = []
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selected = all.filter(
      r => r.metadata.name !== role.metadata.name && matchesLabels(selector, r.metadata.labels),
    )
    for (const rule of selected.sort(byName).flatMap(r => r.rules ?? []))
      if (!rules.some(known => semanticEqual(known, rule))) rules.push(rule)
  }
  return rules
}

export const clusterRoleAggregationController = defineController<ClusterRole>({
  name: 'ClusterRoleAggregator',
  serviceAccount: 'clusterrole-aggregation-controller',
  for: roleKind,
  watches: [
    {
      kind: roleKind,
      keys: (role, cache) =>
        cache
          .list(roleKind)
          .filter(r => r.aggregationRule && r.metadata.name !== role.metadata.name)
          .map(keyOf),
    },
  ],
  workers: 1,

  async reconcile(role, { cache, client }) {
    if (!role.aggregationRule) return done
    const rules = planRules(role, cache.list(roleKind))
    if (!semanticEqual(rules, role.rules)) await client.update(roleKind, { ...role, rules })
    return done
  },
})
