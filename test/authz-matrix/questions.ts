/** What is asked: every verb of every resource, objects that belong to a node or do not, and requests that try to gain more. */
import { namespace } from './setup.js'

/** A row of discovery. */
export interface Resource {
  group: string
  resource: string
  subresource: string
  namespaced: boolean
  verbs: readonly string[]
}

export interface Question {
  verb: string
  group?: string
  resource?: string
  subresource?: string
  namespace?: string
  name?: string
  path?: string
  fieldSelector?: string
}

/** Verbs that are no request of their own. */
const special: readonly Question[] = [
  ...['users', 'groups', 'serviceaccounts'].map(resource => ({ verb: 'impersonate', resource })),
  ...['uids', 'userextras'].map(resource => ({ verb: 'impersonate', group: 'authentication.k8s.io', resource })),
  ...['roles', 'clusterroles'].flatMap(resource =>
    ['bind', 'escalate'].map(verb => ({ verb, group: 'rbac.authorization.k8s.io', resource })),
  ),
  ...['approve', 'sign', 'attest'].map(verb => ({ verb, group: 'certificates.k8s.io', resource: 'signers' })),
  { verb: 'use', group: 'policy', resource: 'podsecuritypolicies' },
  ...[
    '/',
    '/api',
    '/apis/apps',
    '/healthz',
    '/livez/ping',
    '/metrics',
    '/metrics/slis',
    '/openapi/v2',
    '/version',
    '/logs/x',
    '/.well-known/openid-configuration',
    '/openid/v1/jwks',
  ].map(path => ({ verb: 'get', path })),
  { verb: 'post', path: '/version' },
]

/** In a namespace and, of everything, across the cluster. */
export function matrixQuestions(resources: readonly Resource[]): Question[] {
  const ofResources = resources.flatMap(({ group, resource, subresource, namespaced, verbs }) =>
    verbs.flatMap(verb => {
      const question = { verb, group, resource, subresource }
      return namespaced ? [{ ...question, namespace }, question] : [question]
    }),
  )
  return [...ofResources, ...special]
}

const named = (resource: string, names: readonly string[], more: Partial<Question> = {}): Question[] =>
  ['get', 'list', 'update', 'delete'].flatMap(verb => names.map(name => ({ verb, resource, name, namespace, ...more })))

/** Objects by name: what the node may see depends on the pods bound there. */
export const namedQuestions: readonly Question[] = [
  ...named('secrets', ['mounted', 'projected', 'pull', 'from-env', 'from-key', 'published', 'foreign', 'absent']),
  ...named('secrets', ['staged', 'controller'], { namespace: 'authz-other' }),
  ...named('configmaps', ['settings', 'projected', 'one', 'other']),
  ...named('persistentvolumeclaims', ['claim', 'own-e', 'other']),
  ...named('persistentvolumeclaims', ['claim', 'other'], { subresource: 'status' }),
  ...named('persistentvolumes', ['authz-volume', 'other'], { namespace: '' }),
  ...named('serviceaccounts', ['default', 'robot']),
  ...['default', 'robot'].map(name => ({
    verb: 'create',
    resource: 'serviceaccounts',
    subresource: 'token',
    namespace,
    name,
  })),
  ...named('pods', ['own', 'foreign', 'mirror', 'absent']),
  ...named('nodes', ['authz-node-1', 'authz-node-2'], { namespace: '' }),
  ...named('nodes', ['authz-node-1'], { namespace: '', subresource: 'status' }),
  ...named('nodes', ['authz-node-1'], { namespace: '', subresource: 'proxy' }),
  ...named('leases', ['authz-node-1', 'authz-node-2'], { group: 'coordination.k8s.io', namespace: 'kube-node-lease' }),
  ...named('leases', ['authz-node-1'], { group: 'coordination.k8s.io' }),
  ...named('csinodes', ['authz-node-1', 'authz-node-2'], { group: 'storage.k8s.io', namespace: '' }),
  ...named('volumeattachments', ['authz-attachment', 'other'], { group: 'storage.k8s.io', namespace: '' }),
  ...named('resourceclaims', ['device', 'other'], { group: 'resource.k8s.io' }),
  ...named('resourceslices', ['authz-slice', 'other'], { group: 'resource.k8s.io', namespace: '' }),
  ...[
    'spec.nodeName=authz-node-1',
    'spec.nodeName=authz-node-2',
    'spec.nodeName!=authz-node-1',
    'a=b,spec.nodeName==authz-node-1',
  ].flatMap(fieldSelector => [
    ...['list', 'watch'].map(verb => ({ verb, resource: 'pods', fieldSelector })),
    ...['list', 'watch', 'deletecollection'].map(verb => ({
      verb,
      group: 'resource.k8s.io',
      resource: 'resourceslices',
      fieldSelector,
    })),
  ]),
]
