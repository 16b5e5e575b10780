/** RoleBinding grants a role within one namespace. */
import { defineKind } from '../../machinery/kind.js'
import { nameIsPathSegment } from '../../machinery/name-rules.js'
import type { RoleBinding } from '../generated/rbac-v1.js'
import { setBindingDefaults, validateBinding, validateBindingUpdate } from './bindings.js'
import { bindingColumns } from './columns.js'

export const roleBinding = defineKind<RoleBinding>({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'RoleBinding',
  scope: 'Namespaced',
  names: { plural: 'rolebindings' },
  setDefaults: setBindingDefaults,
  updateChecks: ['meta', 'spec', 'meta', 'spec', 'metaUpdate', 'change'],
  validate: object => validateBinding(object, true),
  validateUpdate: validateBindingUpdate,
  strategy: { validateName: nameIsPathSegment, allowCreateOnUpdate: true, bumpGenerationOn: [] },
  printerColumns: bindingColumns('roleBinding'),
})
