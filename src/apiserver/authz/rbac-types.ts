/** The parts of rbac.authorization.k8s.io/v1 that decisions are made from. */
import type { KubernetesObject } from '../../machinery/object-meta.js'
import type { PolicyRule } from './policy-rule.js'

export const rbacGroup = 'rbac.authorization.k8s.io'

export interface Subject {
  kind: string
  apiGroup?: string
  name: string
  namespace?: string
}

export interface RoleRef {
  apiGroup: string
  kind: string
  name: string
}

export interface Role extends KubernetesObject {
  rules?: PolicyRule[] | null
}

export interface ClusterRole extends Role {
  aggregationRule?: { clusterRoleSelectors?: { matchLabels?: Record<string, string>; matchExpressions?: never[] }[] }
}

/** RoleBinding (has a namespace) or ClusterRoleBinding. */
export interface Binding extends KubernetesObject {
  subjects?: Subject[] | null
  roleRef: RoleRef
}
