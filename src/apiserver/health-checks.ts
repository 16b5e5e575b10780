/** What /healthz, /livez and /readyz look at, under upstream's names and in its order. */
import type { HealthCheck } from './health.js'

export interface ServerState {
  bootstrapped: boolean
  rolesSynced: boolean
  stopping: AbortController
  /** 0 until the server listens. */
  port: number
}

const unless = (fine: () => boolean, why: string) => () => (fine() ? undefined : why)

/** What upstream starts in hooks once it listens. Here all of it has begun when the server is bootstrapped. */
const hooks = [
  'start-apiserver-admission-initializer',
  'generic-apiserver-start-informers',
  'priority-and-fairness-config-consumer',
  'priority-and-fairness-filter',
  'storage-object-count-tracker-hook',
  'start-apiextensions-informers',
  'start-apiextensions-controllers',
  'crd-informer-synced',
  'start-system-namespaces-controller',
  'start-cluster-authentication-info-controller',
  'start-kube-apiserver-identity-lease-controller',
  'start-kube-apiserver-identity-lease-garbage-collector',
  'start-legacy-token-tracking-controller',
  'start-service-ip-repair-controllers',
  'rbac/bootstrap-roles',
  'scheduling/bootstrap-system-priority-classes',
  'priority-and-fairness-config-producer',
  'bootstrap-controller',
  'start-kubernetes-service-cidr-controller',
  'start-kube-aggregator-informers',
  'apiservice-status-local-available-controller',
  'apiservice-status-remote-available-controller',
  'apiservice-registration-controller',
  'apiservice-discovery-controller',
  'kube-apiserver-autoregistration',
]
const lastHooks = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller']

export function healthChecks(state: ServerState): HealthCheck[] {
  const check = unless(() => state.bootstrapped, 'not finished')
  const hook = (name: string): HealthCheck => ({ name: `poststarthook/${name}`, check })
  return [
    { name: 'ping', check: () => undefined },
    { name: 'log', check: () => undefined },
    { name: 'etcd', check: () => undefined },
    { name: 'etcd-readiness', endpoints: ['readyz'], check: () => undefined },
    { name: 'informer-sync', endpoints: ['readyz'], check: unless(() => state.rolesSynced, 'roles are not read yet') },
    ...hooks.map(hook),
    // The APIServices of the server itself are among what it is bootstrapped with.
    { name: 'autoregister-completion', check },
    ...lastHooks.map(hook),
    {
      name: 'shutdown',
      endpoints: ['readyz'],
      check: unless(() => !state.stopping.signal.aborted, 'process is shutting down'),
    },
  ]
}
