/** ClusterRole grants verbs everywhere, or wherever a RoleBinding refers to it. */
import { invalid, required } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import { validateLabelSelector } from '../../machinery/selector/index.js'
import type { ClusterRole } from '../generated/rbac-v1.js'
import { validateRules } from './policy-rules.js'

export const clusterRole = defineKind<ClusterRole>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRole',
  scope: 'Cluster',
  names: { plural: 'clusterroles' },

  updateChecks: ['meta', 'spec', 'meta', 'spec', 'metaUpdate'],
  *validate({ rules, aggregationRule }) {
    yield* validateRules(rules, false)
    if (!aggregationRule) return
    const path = 'aggregationRule.clusterRoleSelectors'
    const selectors = aggregationRule.clusterRoleSelectors ?? []
    if (!selectors.length)
      yield required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil')
    for (const [i, selector] of selectors.entries()) {
      const errors = [...validateLabelSelector(selector, `${path}[${i}]`)]
      yield* errors
      if (errors.length) yield invalid(`${path}[${i}]`, null, 'invalid label selector.')
    }
  },
  strategy: { validateName: nameIsPathSegment, allowCreateOnUpdate: true, bumpGenerationOn: [] },
})
