/** Invariants on every write of a store, in order: for clusters that live in the test's process, on a clock of its own. */
import type { Clock } from '../../src/machinery/clock.js'
import type { StorageEvent, Stored } from '../../src/storage/storage.js'
import type { KindName, Kinds } from './model.js'
import { InvariantObserver, type ObserverOptions } from './observer.js'

/** Where the store keeps them, as etcd does. */
const kindsByFolder: Readonly<Record<string, KindName>> = {
  pods: 'Pod',
  minions: 'Node',
  namespaces: 'Namespace',
  controllers: 'ReplicationController',
  replicasets: 'ReplicaSet',
  deployments: 'Deployment',
  statefulsets: 'StatefulSet',
  daemonsets: 'DaemonSet',
  jobs: 'Job',
  poddisruptionbudgets: 'PodDisruptionBudget',
}

const objectIn = <K extends KindName>({ bytes }: Stored) => JSON.parse(Buffer.from(bytes).toString()) as Kinds[K]

export interface WrittenCluster {
  clock: Clock
  onWrite(listener: (event: StorageEvent) => void): void
}

/** Due before the first write that counts. */
export function attachToWrites({ clock, onWrite }: WrittenCluster, options: ObserverOptions = {}): InvariantObserver {
  const observer = new InvariantObserver(options)
  onWrite(({ key, current, previous }) => {
    const kind = kindsByFolder[key.split('/')[2] ?? '']
    const stored = current ?? previous
    if (kind && stored) observer.observe(kind, objectIn(stored), { isGone: !current, at: clock.now() })
  })
  return observer
}
