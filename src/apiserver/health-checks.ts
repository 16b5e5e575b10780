/** What /livez and /readyz look at, under upstream's names where it has the same. */
import type { HealthCheck } from './health.js'

export interface ServerState {
  bootstrapped: boolean
  rolesSynced: boolean
  stopping: AbortController
  /** 0 until the server listens. */
  port: number
}

const unless = (fine: () => boolean, why: string) => () => (fine() ? undefined : why)

export function healthChecks(state: ServerState): HealthCheck[] {
  const bootstrapped = unless(() => state.bootstrapped, 'not finished')
  return [
    { name: 'ping', check: () => undefined },
    { name: 'log', check: () => undefined },
    { name: 'etcd', check: () => undefined },
    { name: 'informer-sync', endpoints: ['readyz'], check: unless(() => state.rolesSynced, 'roles are not read yet') },
    { name: 'poststarthook/start-system-namespaces-controller', check: bootstrapped },
    { name: 'poststarthook/rbac/bootstrap-roles', check: bootstrapped },
    { name: 'poststarthook/scheduling/bootstrap-system-priority-classes', check: bootstrapped },
    {
      name: 'shutdown',
      endpoints: ['readyz'],
      check: unless(() => !state.stopping.signal.aborted, 'process is shutting down'),
    },
  ]
}
