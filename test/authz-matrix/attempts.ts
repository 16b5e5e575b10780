/** Real requests, sent as one identity or another: the answers show the words of refusals, and what escalation prevention lets through. */
import type { Asked } from './send.js'
import { namespace } from './setup.js'

export interface Attempt extends Asked {
  as: string
}

const rbac = 'rbac.authorization.k8s.io'
const inTeam = `/apis/${rbac}/v1/namespaces/${namespace}`
const inCluster = `/apis/${rbac}/v1`
const dryRun = '?dryRun=All'
const pods = [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }]
const more = [
  { apiGroups: [''], resources: ['pods', 'secrets'], verbs: ['get', 'delete'] },
  { apiGroups: ['apps'], resources: ['*'], verbs: ['*'], resourceNames: ['x'] },
]
const paths = [{ nonResourceURLs: ['/metrics', '/secret/*'], verbs: ['get', 'post'] }]
const ref = (kind: string, name: string) => ({ apiGroup: rbac, kind, name })
const jane = [{ apiGroup: rbac, kind: 'User', name: 'jane' }]

const post = (path: string, body: object): Asked => ({ method: 'POST', path: path + dryRun, body })
const role = (rules: object[], extra: object = {}) =>
  post(`${inTeam}/roles`, { metadata: { name: 'x' }, rules, ...extra })
const clusterRole = (rules: object[], extra: object = {}) =>
  post(`${inCluster}/clusterroles`, { metadata: { name: 'authz-x' }, rules, ...extra })
const binding = (roleRef: object) =>
  post(`${inTeam}/rolebindings`, { metadata: { name: 'x' }, subjects: jane, roleRef })
const clusterBinding = (roleRef: object) =>
  post(`${inCluster}/clusterrolebindings`, { metadata: { name: 'authz-x' }, subjects: jane, roleRef })

const grants: readonly Asked[] = [
  role(pods),
  role(more),
  clusterRole(pods),
  clusterRole(more),
  clusterRole(paths),
  clusterRole([{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]),
  clusterRole([], { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] } }),
  binding(ref('ClusterRole', 'view')),
  binding(ref('ClusterRole', 'cluster-admin')),
  binding(ref('Role', 'authz-named')),
  binding(ref('Role', 'absent')),
  clusterBinding(ref('ClusterRole', 'view')),
  clusterBinding(ref('ClusterRole', 'cluster-admin')),
  clusterBinding(ref('ClusterRole', 'absent')),
]

const reads: readonly Asked[] = [
  { method: 'GET', path: '/api/v1/pods?limit=1' },
  { method: 'GET', path: `/api/v1/namespaces/${namespace}/secrets/absent` },
  { method: 'GET', path: `/apis/apps/v1/namespaces/${namespace}/deployments/absent/scale` },
  { method: 'GET', path: `/api/v1/namespaces/${namespace}/pods/absent/log` },
  { method: 'DELETE', path: `/api/v1/namespaces/${namespace}/configmaps${dryRun}&labelSelector=a%3Db` },
  { method: 'GET', path: '/apis/storage.k8s.io/v1/csinodes/absent' },
  { method: 'GET', path: '/metrics/absent' },
  { method: 'POST', path: '/absent' },
  { method: 'PATCH', path: '/api/v1/nodes/absent/status' },
  { method: 'GET', path: `/api/v1/namespaces/${namespace}/absent` },
  { method: 'GET', path: '/apis/absent.example/v1/things' },
  { method: 'POST', path: `/api/v1/namespaces/${namespace}/serviceaccounts/absent/token`, body: {} },
]

const granters = [
  'masters',
  'nobody',
  'cluster administrator',
  'administrator of a namespace',
  'writer of roles',
  'escalator',
  'binder',
  'clusterrole-aggregation-controller',
]
const readers = [
  'anonymous',
  'nobody',
  'cluster viewer',
  'viewer of a namespace',
  'one with a role of names and subresources',
  'one whose role is not there',
  'a node',
  'a node without a name',
  'an account without a role',
]

export const attempts: readonly Attempt[] = [
  ...granters.flatMap(as => grants.map(asked => ({ as, ...asked }))),
  ...readers.flatMap(as => reads.map(asked => ({ as, ...asked }))),
]
