/** What /healthz, /livez and /readyz look at, under upstream's names and in its order. */
import type { HealthCheck } from './health.js'
import type { PostStartHooks } from './post-start-hooks.js'

export interface ServerState {
  bootstrapped: boolean
  /** All that this server follows in its own store is known to it. */
  informed: boolean
  stopping: AbortController
  /** Where pods and nodes reach the server. */
  address: string
  /** Others than this machine reach it, though it listens on a local address first. */
  isReachable?: boolean
  /** 0 until the server listens. */
  port: number
  hooks: PostStartHooks
  /** Rejects when the store does not answer. */
  checkStore(): Promise<void>
}

/** What upstream starts in hooks once it listens. Those that nobody runs here have nothing to do once the server is bootstrapped. */
const hookNames = [
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
] as const
const lastHookNames = ['apiservice-openapi-controller', 'apiservice-openapiv3-controller'] as const

export type HookName = (typeof hookNames)[number]

/** Milliseconds that the store may take; upstream's. */
export const storeTimeout = 2000

const unless = (fine: () => boolean, why: string) => () => (fine() ? undefined : why)

export function healthChecks(state: ServerState): HealthCheck[] {
  const { hooks } = state
  const store = () =>
    state.checkStore().then(
      () => undefined,
      error => `error getting data from etcd: ${(error as Error).message}`,
    )
  const bootstrapped = unless(() => state.bootstrapped, 'not finished')
  const hook = (name: string): HealthCheck => ({
    name: `poststarthook/${name}`,
    check: hooks.check(name) ?? bootstrapped,
  })
  return [
    { name: 'ping', check: () => undefined },
    { name: 'log', check: () => undefined },
    { name: 'etcd', check: store },
    { name: 'etcd-readiness', endpoints: ['readyz'], check: store },
    {
      name: 'informer-sync',
      endpoints: ['readyz'],
      check: unless(() => state.informed, 'informers not synced yet'),
    },
    ...hookNames.map(hook),
    // The APIServices of the server itself are among what it is bootstrapped with.
    { name: 'autoregister-completion', check: hooks.check('kube-apiserver-autoregistration') ?? bootstrapped },
    ...lastHookNames.map(hook),
    {
      name: 'shutdown',
      endpoints: ['readyz'],
      check: unless(() => !state.stopping.signal.aborted, 'process is shutting down'),
    },
  ]
}
