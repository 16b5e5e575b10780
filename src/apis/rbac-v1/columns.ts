/** Printer columns of bindings; roles have none of their own. */
import type { PrinterColumn } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import type { RoleRef, Subject } from '../generated/rbac-v1.js'
import { age } from '../printing/age.js'

interface Binding extends KubernetesObject {
  roleRef: RoleRef
  subjects?: Subject[]
}

const subjects = ({ subjects = [] }: Binding, kind: string): string =>
  subjects
    .filter(s => s.kind === kind)
    .map(s => (kind === 'ServiceAccount' && s.namespace ? `${s.namespace}/${s.name}` : s.name))
    .join(', ')

const roleDescriptions = {
  roleBinding:
    'RoleRef can reference a Role in the current namespace or a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
  clusterRoleBinding:
    'RoleRef can only reference a ClusterRole in the global namespace. If the RoleRef cannot be resolved, the Authorizer must return an error.',
}

/** `kind` begins the descriptions of who is bound. */
export const bindingColumns = (kind: keyof typeof roleDescriptions): PrinterColumn<Binding>[] => [
  {
    name: 'Role',
    description: roleDescriptions[kind],
    of: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  age,
  { name: 'Users', wide: true, description: `Users in the ${kind}`, of: binding => subjects(binding, 'User') },
  { name: 'Groups', wide: true, description: `Groups in the ${kind}`, of: binding => subjects(binding, 'Group') },
  {
    name: 'ServiceAccounts',
    wide: true,
    description: `ServiceAccounts in the ${kind}`,
    of: binding => subjects(binding, 'ServiceAccount'),
  },
]
