/** What the matrix needs on a server: a namespace, roles and bindings, pods on two nodes with all that they name. */
import type { Send } from './send.js'

export const namespace = 'authz-team'
const rbac = 'rbac.authorization.k8s.io'

interface Wanted {
  path: string
  body: { metadata: { name: string; annotations?: Record<string, string> } } & Record<string, unknown>
  /** Sent to the status subresource once it is there. */
  status?: object
}

const user = (name: string) => ({ apiGroup: rbac, kind: 'User', name })
const ref = (kind: string, name: string) => ({ apiGroup: rbac, kind, name })
const inTeam = `/apis/${rbac}/v1/namespaces/${namespace}`
const inCluster = `/apis/${rbac}/v1`
const core = (resource: string) => `/api/v1/namespaces/${namespace}/${resource}`
const meta = (name: string) => ({ metadata: { name } })

const roleBinding = (name: string, subject: object, role: object): Wanted => ({
  path: `${inTeam}/rolebindings`,
  body: { ...meta(name), subjects: [subject], roleRef: role },
})
const clusterRoleBinding = (name: string, subject: object, role: object): Wanted => ({
  path: `${inCluster}/clusterrolebindings`,
  body: { ...meta(name), subjects: [subject], roleRef: role },
})
const clusterRole = (name: string, rules: object[]): Wanted => ({
  path: `${inCluster}/clusterroles`,
  body: { ...meta(name), rules },
})

const roles: Wanted[] = [
  {
    path: `${inTeam}/roles`,
    body: {
      ...meta('authz-named'),
      rules: [
        { apiGroups: [''], resources: ['configmaps'], resourceNames: ['one', 'two'], verbs: ['get', 'update'] },
        { apiGroups: ['apps'], resources: ['deployments/scale', '*/status'], verbs: ['*'] },
        { apiGroups: ['batch'], resources: ['*'], verbs: ['list'] },
      ],
    },
  },
  clusterRole('authz-role-writer', [
    { apiGroups: [rbac], resources: ['*'], verbs: ['create', 'get', 'list', 'update', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] },
    { nonResourceURLs: ['/metrics', '/logs/*'], verbs: ['get'] },
  ]),
  clusterRole('authz-escalator', [
    { apiGroups: [rbac], resources: ['roles', 'clusterroles'], verbs: ['create', 'update', 'escalate'] },
  ]),
  clusterRole('authz-binder', [
    { apiGroups: [rbac], resources: ['rolebindings', 'clusterrolebindings'], verbs: ['create', 'update'] },
    { apiGroups: [rbac], resources: ['clusterroles'], verbs: ['bind'], resourceNames: ['view'] },
  ]),
  clusterRole('authz-impersonator', [
    { apiGroups: [''], resources: ['users', 'groups'], verbs: ['impersonate'], resourceNames: ['jane', 'dev'] },
    { apiGroups: ['authentication.k8s.io'], resources: ['userextras/scopes', 'uids'], verbs: ['impersonate'] },
  ]),
  clusterRole('authz-group', [{ apiGroups: ['*'], resources: ['*'], verbs: ['watch'] }]),
]

const bindings: Wanted[] = [
  clusterRoleBinding('authz-cluster-admin', user('authz-cluster-admin'), ref('ClusterRole', 'cluster-admin')),
  clusterRoleBinding('authz-cluster-viewer', user('authz-cluster-viewer'), ref('ClusterRole', 'view')),
  roleBinding('authz-admin', user('authz-admin'), ref('ClusterRole', 'admin')),
  roleBinding('authz-editor', user('authz-editor'), ref('ClusterRole', 'edit')),
  roleBinding('authz-viewer', user('authz-viewer'), ref('ClusterRole', 'view')),
  roleBinding('authz-named', user('authz-named'), ref('Role', 'authz-named')),
  roleBinding('authz-robot', { kind: 'ServiceAccount', name: 'robot', namespace }, ref('ClusterRole', 'edit')),
  clusterRoleBinding(
    'authz-group',
    { apiGroup: rbac, kind: 'Group', name: 'authz-group' },
    ref('ClusterRole', 'authz-group'),
  ),
  roleBinding('authz-dangling', user('authz-dangling'), ref('Role', 'authz-missing')),
  clusterRoleBinding('authz-dangling', user('authz-dangling'), ref('ClusterRole', 'authz-missing')),
  ...['role-writer', 'escalator', 'binder', 'impersonator'].map(name =>
    clusterRoleBinding(`authz-${name}`, user(`authz-${name}`), ref('ClusterRole', `authz-${name}`)),
  ),
]

const container = { name: 'c', image: 'i' }
const pod = (name: string, node: string, more: object = {}): Wanted => ({
  path: core('pods'),
  body: {
    ...meta(name),
    spec: { nodeName: node, containers: [container], serviceAccountName: 'default', ...more },
  },
})

const workloads: Wanted[] = [
  pod('own', 'authz-node-1', {
    containers: [
      {
        ...container,
        envFrom: [{ secretRef: { name: 'from-env' } }, { configMapRef: { name: 'settings' } }],
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'from-key', key: 'k' } } }],
      },
    ],
    imagePullSecrets: [{ name: 'pull' }],
    volumes: [
      { name: 's', secret: { secretName: 'mounted' } },
      { name: 'p', projected: { sources: [{ secret: { name: 'projected' } }, { configMap: { name: 'projected' } }] } },
      { name: 'c', persistentVolumeClaim: { claimName: 'claim' } },
      { name: 'csi', csi: { driver: 'd', nodePublishSecretRef: { name: 'published' } } },
      {
        name: 'e',
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1' } } },
          },
        },
      },
    ],
    resourceClaims: [{ name: 'r', resourceClaimName: 'device' }],
  }),
  pod('foreign', 'authz-node-2', { volumes: [{ name: 's', secret: { secretName: 'foreign' } }] }),
  {
    path: core('pods'),
    body: {
      metadata: { name: 'mirror', annotations: { 'kubernetes.io/config.mirror': 'x' } },
      spec: { nodeName: 'authz-node-1', containers: [container] },
    },
  },
  {
    path: '/api/v1/persistentvolumes',
    body: {
      ...meta('authz-volume'),
      spec: {
        capacity: { storage: '1Gi' },
        accessModes: ['ReadWriteOnce'],
        claimRef: { namespace, name: 'claim' },
        csi: {
          driver: 'd',
          volumeHandle: 'h',
          nodeStageSecretRef: { namespace: 'authz-other', name: 'staged' },
          controllerPublishSecretRef: { namespace: 'authz-other', name: 'controller' },
        },
      },
    },
  },
  {
    path: '/apis/storage.k8s.io/v1/volumeattachments',
    body: {
      ...meta('authz-attachment'),
      spec: { attacher: 'd', nodeName: 'authz-node-1', source: { persistentVolumeName: 'authz-volume' } },
    },
  },
  {
    path: '/apis/resource.k8s.io/v1/resourceslices',
    body: {
      ...meta('authz-slice'),
      spec: {
        driver: 'd.example',
        nodeName: 'authz-node-1',
        pool: { name: 'p', generation: 1, resourceSliceCount: 1 },
        devices: [{ name: 'one' }],
      },
    },
  },
]

const accounts: Wanted[] = [
  { path: '/api/v1/namespaces', body: meta(namespace) },
  ...['default', 'robot'].map(name => ({ path: core('serviceaccounts'), body: meta(name) })),
]

/** Writes it all; what is there already stays. Throws for any other refusal. */
export async function setUp(send: Send): Promise<void> {
  const { body: view } = await send({ method: 'GET', path: `${inCluster}/clusterroles/view` })
  // Beside a stock server kube-controller-manager must run for that.
  if (!(view as { rules?: unknown[] }).rules?.length) throw new Error('the role view has not been put together')
  for (const { path, body } of [...accounts, ...roles, ...bindings, ...workloads]) {
    const { status, body: answer } = await send({ method: 'POST', path, body })
    if (status !== 201 && status !== 409) throw new Error(`${path}: ${status} ${JSON.stringify(answer)}`)
  }
}

/** Takes the cluster-scoped objects away; the namespace with the rest goes when somebody finishes it. */
export async function tearDown(send: Send): Promise<void> {
  for (const { path, body } of [...workloads, ...bindings, ...roles, ...accounts].reverse())
    await send({ method: 'DELETE', path: `${path}/${body.metadata.name}`, body: { gracePeriodSeconds: 0 } })
}
