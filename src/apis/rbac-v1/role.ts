/** Role grants verbs on resources of one namespace. */
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { Role } from '../generated/rbac-v1.js'
import { validateRules } from './policy-rules.js'

export const role = defineKind<Role>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'Role',
  scope: 'Namespaced',
  names: { plural: 'roles' },
  updateChecks: ['meta', 'spec', 'meta', 'spec', 'metaUpdate'],
  validate: ({ rules }) => validateRules(rules, true),
  strategy: { validateName: nameIsPathSegment, allowCreateOnUpdate: true, bumpGenerationOn: [] },
})
