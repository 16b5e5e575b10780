/** ClusterRoleBinding grants a cluster role everywhere. */
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { ClusterRoleBinding } from '../generated/rbac-v1.js'
import { setBindingDefaults, validateBinding, validateBindingUpdate } from './bindings.js'
import { bindingColumns } from './columns.js'

export const clusterRoleBinding = defineKind<ClusterRoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  scope: 'Cluster',
  names: { plural: 'clusterrolebindings' },
  setDefaults: setBindingDefaults,
  updateChecks: ['meta', 'spec', 'meta', 'spec', 'metaUpdate', 'change'],
  validate: object => validateBinding(object, false),
  validateUpdate: validateBindingUpdate,
  strategy: { validateName: nameIsPathSegment, allowCreateOnUpdate: true, bumpGenerationOn: [] },
  printerColumns: bindingColumns('clusterRoleBinding'),
})
