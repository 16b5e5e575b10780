/** Requests whose lines in the audit log are compared with those of a stock server. */

export interface AuditCase {
  method?: string
  path: string
  body?: object
  headers?: Record<string, string>
  /** Default: the administrator, by a token. */
  token?: string | null
}

const json = { 'content-type': 'application/json' }
const maps = '/api/v1/namespaces/audited/configmaps'
const secrets = '/api/v1/namespaces/audited/secrets'
const accounts = '/api/v1/namespaces/audited/serviceaccounts'
const pods = '/api/v1/namespaces/audited/pods'

const post = (path: string, body: object, headers: Record<string, string> = {}): AuditCase => ({
  ...{ method: 'POST', path, body },
  headers: { ...json, ...headers },
})
const patch = (path: string, type: string, body: object): AuditCase => ({
  ...{ method: 'PATCH', path, body },
  headers: { 'content-type': type },
})
const object = (kind: string, name: string, over: object = {}) => ({
  ...{ apiVersion: 'v1', kind, metadata: { name } },
  ...over,
})

/** Rules of every kind: nothing, by user; metadata of secrets; requests of service accounts and pods; all of the rest. */
export const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', users: ['system:apiserver'] },
    { level: 'None', nonResourceURLs: ['/readyz*', '/livez'] },
    { level: 'Metadata', resources: [{ group: '', resources: ['secrets'] }] },
    { level: 'Request', resources: [{ group: '', resources: ['serviceaccounts', 'pods'] }] },
    { level: 'RequestResponse', omitManagedFields: true, omitStages: [] },
  ],
}

const asBob = { 'impersonate-user': 'bob', 'impersonate-group': 'crew' }
const table = { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' }

/** In this order, on an empty server; each ends before the next begins. */
export const auditCases: readonly AuditCase[] = [
  post('/api/v1/namespaces', object('Namespace', 'audited')),
  post(`${maps}?fieldManager=me`, object('ConfigMap', 'a', { data: { k: 'v' } })),
  post(maps, object('ConfigMap', 'a')),
  { path: `${maps}/a` },
  { path: `${maps}?limit=5`, headers: table },
  { path: `${maps}?limit=x` },
  patch(`${maps}/a`, 'application/strategic-merge-patch+json', { data: { k: 'w' } }),
  { method: 'PUT', path: `${maps}/a`, body: object('ConfigMap', 'a', { data: { k: 'x' } }), headers: json },
  post(secrets, object('Secret', 's', { stringData: { password: 'hidden' } })),
  { path: `${secrets}/none` },
  post(accounts, object('ServiceAccount', 'default')),
  patch(`${accounts}/default?fieldManager=me`, 'application/apply-patch+yaml', object('ServiceAccount', 'default')),
  post(pods, object('Pod', 'p', { spec: { containers: [{ name: 'c', image: 'x' }] } })),
  { path: `${maps}?watch=1&timeoutSeconds=1` },
  { path: pods, headers: asBob },
  post(
    '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    {
      ...{ apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview' },
      spec: { resourceAttributes: { verb: 'get', resource: 'pods' } },
    },
    asBob,
  ),
  { path: '/api', token: 'wrong' },
  { path: pods, token: null },
  { path: '/version' },
  { path: '/readyz' },
  { path: '/api/v1/nothing' },
  { path: '/apis/none.example.com/v1/things' },
  { path: `${maps}/a`, headers: { 'x-forwarded-for': '10.1.2.3, junk, 10.1.2.4', 'x-real-ip': '10.1.2.5' } },
  { method: 'DELETE', path: `${maps}/a`, body: { propagationPolicy: 'Background' }, headers: json },
  post(maps, object('ConfigMap', 'b')),
  {
    ...{ method: 'DELETE', path: `${maps}/b`, headers: json },
    body: { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Background' },
  },
  { method: 'DELETE', path: `${maps}/a` },
  { method: 'DELETE', path: maps },
  patch('/api/v1/namespaces/audited', 'application/merge-patch+json', {
    metadata: { labels: { 'pod-security.kubernetes.io/audit': 'restricted' } },
  }),
  post(pods, object('Pod', 'q', { spec: { containers: [{ name: 'c', image: 'x' }] } })),
]

/** What differs from run to run, and from server to server, is left out. */
export function normalizeAuditEvent(line: string): object {
  const text = line
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
    .replaceAll(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, '<uid>')
    .replaceAll(/"\d+s"/g, '"<age>"')
    .replaceAll(/"resourceVersion":"\d+"/g, '"resourceVersion":"<n>"')
  const { requestReceivedTimestamp, stageTimestamp, ...event } = JSON.parse(text)
  return { ...event, hasTimes: !!requestReceivedTimestamp && !!stageTimestamp }
}
