/** Who asks: users that roles are bound to, nodes, the accounts of controllers, and those who are nobody in particular. */

export interface Identity {
  user: string
  groups: readonly string[]
}

const authenticated = 'system:authenticated'
const person = (user: string, ...groups: string[]): Identity => ({ user, groups: [...groups, authenticated] })

/** The identity of a service account. */
export const account = (namespace: string, name: string): Identity =>
  person(`system:serviceaccount:${namespace}:${name}`, 'system:serviceaccounts', `system:serviceaccounts:${namespace}`)

/** Accounts of kube-system that Kubernetes gives roles to. */
const controllers = [
  'attachdetach-controller',
  'bootstrap-signer',
  'certificate-controller',
  'cloud-provider',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'kube-dns',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'route-controller',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'statefulset-controller',
  'storage-version-migrator-controller',
  'taint-eviction-controller',
  'token-cleaner',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'volumeattributesclass-protection-controller',
]

/** By a name for the reader. What each may do beyond the default roles stands in setup.ts. */
export const identities: Readonly<Record<string, Identity>> = {
  masters: person('root', 'system:masters'),
  anonymous: { user: 'system:anonymous', groups: ['system:unauthenticated'] },
  nobody: person('nobody'),
  'cluster administrator': person('authz-cluster-admin'),
  'cluster viewer': person('authz-cluster-viewer'),
  'administrator of a namespace': person('authz-admin'),
  'editor of a namespace': person('authz-editor'),
  'viewer of a namespace': person('authz-viewer'),
  'one with a role of names and subresources': person('authz-named'),
  'one of a bound group': person('someone', 'authz-group'),
  'one whose role is not there': person('authz-dangling'),
  'writer of roles': person('authz-role-writer'),
  escalator: person('authz-escalator'),
  binder: person('authz-binder'),
  impersonator: person('authz-impersonator'),
  monitoring: person('prometheus', 'system:monitoring'),
  'a node': person('system:node:authz-node-1', 'system:nodes'),
  'a node without its group': person('system:node:authz-node-1'),
  'a member of system:nodes of another name': person('kubelet', 'system:nodes'),
  'a node without a name': person('system:node:', 'system:nodes'),
  'a bootstrap token': person('system:bootstrap:abcdef', 'system:bootstrappers'),
  'kube-controller-manager': person('system:kube-controller-manager'),
  'kube-scheduler': person('system:kube-scheduler'),
  'kube-proxy': person('system:kube-proxy'),
  'an account without a role': account('authz-team', 'default'),
  'an account with a role': account('authz-team', 'robot'),
  ...Object.fromEntries(controllers.map(name => [name, account('kube-system', name)])),
}
