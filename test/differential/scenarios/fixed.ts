/** Requests that no seed changes: discovery, versions, health, what a server holds from the beginning. */
import type { Sequence, Step } from '../sequence.js'
import { templates } from '../templates/index.js'
import { apiVersionOf } from '../templates/template.js'

const get = (kind: string, path: string, accept?: string): Step => ({
  kind,
  verb: 'get',
  method: 'GET',
  path,
  ...(accept && { note: accept, headers: { accept } }),
})

const groups = [...new Set(templates.map(apiVersionOf))].filter(version => version.includes('/'))
const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

const discovery: Sequence = {
  name: 'discovery',
  steps: [
    ...['/api', '/apis', '/api/v1', ...groups.map(version => `/apis/${version}`)].map(path => get('discovery', path)),
    ...[...new Set(groups.map(version => version.split('/')[0]))].map(group => get('discovery', `/apis/${group}`)),
    get('discovery', '/api', aggregated),
    get('discovery', '/apis', aggregated),
    get('discovery', '/apis', 'application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList'),
    ...['/apis/nothing', '/apis/apps/v9', '/api/v9', '/api/', '/apis/', '/apis/apps/'].map(path =>
      get('discovery', path),
    ),
  ],
}

const health: Sequence = {
  name: 'health',
  steps: [
    '/healthz',
    '/livez',
    '/readyz',
    '/livez/ping',
    '/readyz/nothing',
    '/healthz/etcd',
    '/version',
    '/nothing',
    '/',
    '/openid/v1/jwks',
    '/.well-known/openid-configuration',
    '/logs',
    '/metrics/',
    '/debug',
  ].map(path => get('health', path)),
}

const bootstrapped = [
  '/api/v1/namespaces?fieldSelector=metadata.name%3Ddefault',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles?labelSelector=kubernetes.io/bootstrapping',
  '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings?labelSelector=kubernetes.io/bootstrapping',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings',
  '/apis/rbac.authorization.k8s.io/v1/namespaces/kube-public/roles',
  '/apis/scheduling.k8s.io/v1/priorityclasses?fieldSelector=metadata.name%3Dsystem-node-critical',
  '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas/system-nodes',
  '/apis/flowcontrol.apiserver.k8s.io/v1/prioritylevelconfigurations/exempt',
  '/apis/apiregistration.k8s.io/v1/apiservices/v1.apps',
  '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
  '/api/v1/namespaces/default/services/kubernetes',
]

const bootstrap: Sequence = { name: 'bootstrap', steps: bootstrapped.map(path => get('bootstrap', path)) }

/** Compared on servers that were just started. */
export const fixedSequences: readonly Sequence[] = [discovery, health, bootstrap]
