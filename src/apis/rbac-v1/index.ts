/** All kinds of rbac.authorization.k8s.io/v1. */
import { clusterRole } from './cluster-role.js'
import { clusterRoleBinding } from './cluster-role-binding.js'
import { role } from './role.js'
import { roleBinding } from './role-binding.js'

export { clusterRole, clusterRoleBinding, role, roleBinding }

export const rbacV1Kinds = [clusterRoleBinding, clusterRole, roleBinding, role] as const
