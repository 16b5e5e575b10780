/** The roles and bindings that a new cluster has, as objects. Facts of Kubernetes v1.34.4. */
import type { Binding, ClusterRole, Role, Subject } from '../rbac-types.js'
import { rbacGroup } from '../rbac-types.js'
import { aggregatedRoles } from './aggregated-roles.js'
import { controllerRoles } from './controller-roles.js'
import { parseRule, type RoleTable } from './role-table.js'
import { systemRoles } from './system-roles.js'

const labels = { 'kubernetes.io/bootstrapping': 'rbac-defaults' }
const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'true' }
const aggregateTo = (role: string) => `rbac.authorization.k8s.io/aggregate-to-${role}`
const apiVersion = `${rbacGroup}/v1`

const metadata = (name: string, namespace?: string, extra: Record<string, string> = {}) => ({
  name,
  ...(namespace && { namespace }),
  labels: { ...labels, ...extra },
  annotations: { ...annotations },
})

/** Each is put together from what carries its label, the one before it among them. */
const aggregates: readonly { name: string; includedIn?: string }[] = [
  { name: 'view', includedIn: 'edit' },
  { name: 'edit', includedIn: 'admin' },
  { name: 'admin' },
]

const rulesOf = (table: RoleTable, name: string) => (table[name] ?? []).map(parseRule)

function* clusterRolesOf(table: RoleTable): Generator<ClusterRole> {
  for (const name of Object.keys(table)) {
    const target = /^system:aggregate-to-(.+)$/.exec(name)?.[1]
    const extra = target ? { [aggregateTo(target)]: 'true' } : {}
    yield { apiVersion, kind: 'ClusterRole', metadata: metadata(name, undefined, extra), rules: rulesOf(table, name) }
  }
}

/** All default cluster roles. The rules of those that aggregate others are the controller's to fill in. */
export function* defaultClusterRoles(): Generator<ClusterRole> {
  yield* clusterRolesOf(systemRoles)
  yield* clusterRolesOf(controllerRoles)
  yield* clusterRolesOf(aggregatedRoles)
  for (const { name, includedIn } of aggregates)
    yield {
      apiVersion,
      kind: 'ClusterRole',
      metadata: metadata(name, undefined, includedIn ? { [aggregateTo(includedIn)]: 'true' } : {}),
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregateTo(name)]: 'true' } }] },
      rules: null,
    }
}

const user = (name: string): Subject => ({ kind: 'User', apiGroup: rbacGroup, name })
const group = (name: string): Subject => ({ kind: 'Group', apiGroup: rbacGroup, name })
const account = (name: string): Subject => ({ kind: 'ServiceAccount', name, namespace: 'kube-system' })

/** Subjects by the cluster role they are bound to. */
const clusterSubjects: Readonly<Record<string, readonly Subject[]>> = {
  'cluster-admin': [group('system:masters')],
  'system:basic-user': [group('system:authenticated')],
  'system:discovery': [group('system:authenticated')],
  'system:kube-controller-manager': [user('system:kube-controller-manager')],
  'system:kube-dns': [account('kube-dns')],
  'system:kube-scheduler': [user('system:kube-scheduler')],
  'system:monitoring': [group('system:monitoring')],
  'system:node': [],
  'system:node-proxier': [user('system:kube-proxy')],
  'system:public-info-viewer': [group('system:authenticated'), group('system:unauthenticated')],
  'system:service-account-issuer-discovery': [group('system:serviceaccounts')],
  'system:volume-scheduler': [user('system:kube-scheduler')],
}

const clusterBinding = (name: string, subjects: readonly Subject[]): Binding => ({
  apiVersion,
  kind: 'ClusterRoleBinding',
  metadata: metadata(name),
  ...(subjects.length && { subjects: [...subjects] }),
  roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name },
})

/** All default cluster role bindings: each has the name of its role. */
export function* defaultClusterRoleBindings(): Generator<Binding> {
  for (const [name, subjects] of Object.entries(clusterSubjects)) yield clusterBinding(name, subjects)
  const controllerPrefix = 'system:controller:'
  for (const name of Object.keys(controllerRoles))
    yield clusterBinding(name, [account(name.slice(controllerPrefix.length))])
}

const leaderLocking = (component: string) => ({
  namespace: 'kube-system',
  name: `system::leader-locking-${component}`,
  rules: [
    'watch core configmaps',
    `get,update core configmaps ${component}`,
    'create,get,list,update,watch coordination.k8s.io leases',
    'create,get,list,update,watch coordination.k8s.io leasecandidates',
  ],
})

const eventWriting = 'create,patch,update core,events.k8s.io events'
const signer = 'system:controller:bootstrap-signer'

const namespacedRoles: readonly { namespace: string; name: string; rules: readonly string[] }[] = [
  {
    namespace: 'kube-public',
    name: signer,
    rules: ['get,list,watch core configmaps', 'update core configmaps cluster-info', eventWriting],
  },
  {
    namespace: 'kube-system',
    name: 'extension-apiserver-authentication-reader',
    rules: ['get,list,watch core configmaps extension-apiserver-authentication'],
  },
  leaderLocking('kube-controller-manager'),
  leaderLocking('kube-scheduler'),
  { namespace: 'kube-system', name: signer, rules: ['get,list,watch core secrets'] },
  {
    namespace: 'kube-system',
    name: 'system:controller:cloud-provider',
    rules: ['create,get,list,watch core configmaps'],
  },
  {
    namespace: 'kube-system',
    name: 'system:controller:token-cleaner',
    rules: ['delete,get,list,watch core secrets', eventWriting],
  },
]

/** All default roles inside namespaces. */
export function* defaultRoles(): Generator<Role> {
  for (const { namespace, name, rules } of namespacedRoles)
    yield { apiVersion, kind: 'Role', metadata: metadata(name, namespace), rules: rules.map(parseRule) }
}

const kubeSystem = 'kube-system'
const namespacedBindings: readonly [namespace: string, name: string, role: string, subjects: Subject[]][] = [
  ['kube-public', signer, signer, [account('bootstrap-signer')]],
  [
    kubeSystem,
    'system::extension-apiserver-authentication-reader',
    'extension-apiserver-authentication-reader',
    [user('system:kube-controller-manager'), user('system:kube-scheduler')],
  ],
  [
    kubeSystem,
    'system::leader-locking-kube-controller-manager',
    'system::leader-locking-kube-controller-manager',
    [user('system:kube-controller-manager'), account('kube-controller-manager'), account('leader-election-controller')],
  ],
  [
    kubeSystem,
    'system::leader-locking-kube-scheduler',
    'system::leader-locking-kube-scheduler',
    [user('system:kube-scheduler'), account('kube-scheduler')],
  ],
  [kubeSystem, signer, signer, [account('bootstrap-signer')]],
  [kubeSystem, 'system:controller:cloud-provider', 'system:controller:cloud-provider', [account('cloud-provider')]],
  [kubeSystem, 'system:controller:token-cleaner', 'system:controller:token-cleaner', [account('token-cleaner')]],
]

/** All default role bindings inside namespaces. */
export function* defaultRoleBindings(): Generator<Binding> {
  for (const [namespace, name, role, subjects] of namespacedBindings) {
    yield {
      apiVersion,
      kind: 'RoleBinding',
      metadata: metadata(name, namespace),
      subjects,
      roleRef: { apiGroup: rbacGroup, kind: 'Role', name: role },
    }
  }
}
