import { expect, test } from '@jest/globals'
import type { ClusterRoleBinding, RoleBinding } from '../generated/rbac-v1.js'
import { cells, createErrors, prepared, updateErrors } from '../kind-testing.js'
import { clusterRoleBinding, role, roleBinding } from './index.js'

const newBinding = (): RoleBinding => ({
  metadata: { name: 'b', namespace: 'default' },
  roleRef: { apiGroup: '', kind: 'Role', name: 'r' },
  subjects: [
    { kind: 'User', name: 'jane' },
    { kind: 'ServiceAccount', name: 'sa', namespace: 'ns' },
  ],
})

test('groups are filled in by kind of subject', () => {
  const binding = prepared(roleBinding, newBinding())
  expect(binding.roleRef.apiGroup).toBe('rbac.authorization.k8s.io')
  expect(binding.subjects?.map(s => s.apiGroup)).toEqual(['rbac.authorization.k8s.io', undefined])
  expect(cells(roleBinding, binding)).toMatchObject({ Role: 'Role/r', Users: 'jane', ServiceAccounts: 'ns/sa' })
})

test('a binding keeps its role', () => {
  const old = prepared(roleBinding, newBinding())
  const next = { ...old, roleRef: { ...old.roleRef, name: 'other' } }
  expect(updateErrors(roleBinding, next, old)).toEqual([
    'roleRef: Invalid value: {"APIGroup":"rbac.authorization.k8s.io","Kind":"Role","Name":"other"}: cannot change roleRef',
  ])
})

test('a cluster role binding refers to cluster roles and names namespaces', () => {
  const binding: ClusterRoleBinding = { ...newBinding(), subjects: [{ kind: 'ServiceAccount', name: 'sa' }] }
  expect(createErrors(clusterRoleBinding, binding)).toEqual([
    'roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole"',
    'subjects[0].namespace: Required value',
  ])
})

test('a role cannot grant URLs', () => {
  const object = { metadata: { name: 'r' }, rules: [{ verbs: [], nonResourceURLs: ['/healthz'] }] }
  expect(createErrors(role, object)).toEqual([
    'rules[0].verbs: Required value: verbs must contain at least one value',
    'rules[0].nonResourceURLs: Invalid value: ["/healthz"]: namespaced rules cannot apply to non-resource URLs',
  ])
})
