/** Names what a server does once it listens, so that its health can tell how far it has come. */
import type { ObjectKey } from '../machinery/object-meta.js'
import { tokenTrackingKey } from './bootstrap-objects.js'
import type { RestDirectory } from './deps.js'
import type { HookName } from './health-checks.js'
import type { PostStartHooks } from './post-start-hooks.js'

/** Each resolves when its work is done. */
export interface StartupWork {
  /** Roles and policies are known. */
  access: Promise<unknown>
  /** The objects that every cluster has are written. */
  objects: Promise<void>
  flowObjects: { followed: Promise<void>; ensured: Promise<void> }
  definitions: Promise<unknown>
}

type Looked = readonly [hook: HookName, group: string, resource: string, key: ObjectKey]

/** What must be there when the objects are written: one that stands for its kind. */
const expected: readonly Looked[] = [
  ['start-system-namespaces-controller', '', 'namespaces', { name: 'kube-node-lease' }],
  [
    'start-cluster-authentication-info-controller',
    '',
    'configmaps',
    { namespace: 'kube-system', name: 'extension-apiserver-authentication' },
  ],
  ['start-legacy-token-tracking-controller', '', 'configmaps', tokenTrackingKey],
  ['rbac/bootstrap-roles', 'rbac.authorization.k8s.io', 'clusterroles', { name: 'cluster-admin' }],
  [
    'scheduling/bootstrap-system-priority-classes',
    'scheduling.k8s.io',
    'priorityclasses',
    { name: 'system-node-critical' },
  ],
  ['bootstrap-controller', '', 'services', { namespace: 'default', name: 'kubernetes' }],
  ['start-kubernetes-service-cidr-controller', 'networking.k8s.io', 'servicecidrs', { name: 'kubernetes' }],
  ['kube-apiserver-autoregistration', 'apiregistration.k8s.io', 'apiservices', { name: 'v1.' }],
]

/** Resolves when all of it is done. */
export async function runStartHooks(hooks: PostStartHooks, rests: RestDirectory, work: StartupWork): Promise<void> {
  const { access, objects, flowObjects, definitions } = work
  const run = (name: HookName, promise: Promise<unknown>) => hooks.run(name, promise)
  const followed = Promise.all([access, flowObjects.followed])
  run('generic-apiserver-start-informers', followed).catch(() => {})
  run('priority-and-fairness-filter', Promise.resolve())
  run('priority-and-fairness-config-consumer', flowObjects.followed).catch(() => {})
  run('priority-and-fairness-config-producer', flowObjects.ensured).catch(() => {})
  for (const name of [
    'start-apiextensions-informers',
    'start-apiextensions-controllers',
    'crd-informer-synced',
  ] as const)
    run(name, definitions).catch(() => {})
  for (const [hook, group, resource, key] of expected) {
    const rest = rests.find(group, 'v1', resource)
    if (rest)
      run(
        hook,
        objects.then(() => rest.get(key)),
      ).catch(() => {})
  }
  await Promise.all([followed, flowObjects.ensured, definitions, objects])
}
