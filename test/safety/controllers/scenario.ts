/** What controllers are given to do while they are killed, or while their caches lag. */

import { lease } from '../../../src/apis/coordination-v1/index.js'
import {
  addNode,
  playKubelet,
  type TestCluster,
  type TestClusterOptions,
} from '../../../src/controllers/testing/cluster.js'
import { formatMicroTime } from '../../../src/machinery/clock.js'
import type { KindRef } from '../../../src/machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../../src/machinery/object-meta.js'
import { isReason } from '../../../src/machinery/status-error.js'

export interface Scenario {
  name: string
  /** The service accounts as which the controllers act that are meant. */
  accounts: readonly string[]
  /** Made anew for each cluster. */
  options?(): TestClusterOptions
  /** What users and nodes do; resolves when all has come about. */
  play(cluster: TestCluster): Promise<void>
}

/** Invariants that do not count in scenarios: whoever plays them binds pods himself, wherever he likes. */
export const brokenByPlayers: readonly string[] = ['taints']

export const namespace = 'default'
export const named = (name: string): ObjectKey => ({ namespace, name })

/** Creates an object of that name, in the namespace unless its kind has none. */
export function create<T extends KubernetesObject>(
  { admin }: TestCluster,
  kind: KindRef<T>,
  name: string,
  fields: object,
): Promise<T> {
  const { metadata = {}, ...rest } = fields as { metadata?: object }
  const apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
  const place = kind.scope === 'Namespaced' ? { namespace } : {}
  return admin.create<T>(kind, {
    apiVersion,
    kind: kind.kind,
    metadata: { name, ...place, ...metadata },
    ...rest,
  } as unknown as T)
}

export const merge = <T extends KubernetesObject>(
  { admin }: TestCluster,
  kind: KindRef<T>,
  key: ObjectKey,
  body: object,
): Promise<T> => admin.patch(kind, key, { type: 'application/merge-patch+json', body })

export const list = async <T extends KubernetesObject>({ admin }: TestCluster, kind: KindRef<T>): Promise<T[]> =>
  (await admin.list(kind, kind.scope === 'Namespaced' ? { namespace } : {})).items

export const find = <T extends KubernetesObject>(
  { admin }: TestCluster,
  kind: KindRef<T>,
  key: ObjectKey,
): Promise<T | undefined> =>
  admin.get(kind, key).catch(error => {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  })

/** Waits until the object is so; nodes do their part meanwhile. */
export const untilIs = <T extends KubernetesObject>(
  cluster: TestCluster,
  [kind, key]: readonly [KindRef<T>, ObjectKey],
  holds: (object: T) => unknown,
): Promise<void> =>
  cluster.until(`${kind.kind} ${key.name}`, async () => {
    await playKubelet(cluster)
    const object = await find(cluster, kind, key)
    return object !== undefined && Boolean(holds(object))
  })

export const untilGone = (cluster: TestCluster, kind: KindRef, key: ObjectKey): Promise<void> =>
  cluster.until(`${kind.kind} ${key.name} is gone`, async () => {
    await playKubelet(cluster)
    return (await find(cluster, kind, key)) === undefined
  })

/** Nodes that are ready, and the account that pods need. */
export async function prepare(cluster: TestCluster, nodes = ['node-1']): Promise<void> {
  for (const name of nodes) await addNode(cluster, name)
  await cluster.run(1_000)
}

export const container = (image = 'one', more: object = {}) => ({ name: 'c', image, ...more })

/** A pod template with that label. */
export const template = (app: string, image = 'one', spec: object = {}) => ({
  metadata: { labels: { app } },
  spec: { containers: [container(image)], ...spec },
})

/** Renews the lease of the node every ten seconds from now on. */
export async function keepAlive(cluster: TestCluster, name: string): Promise<void> {
  const key = { namespace: 'kube-node-lease', name }
  const spec = () => ({
    holderIdentity: name,
    leaseDurationSeconds: 40,
    renewTime: formatMicroTime(cluster.clock.now()),
  })
  const renew = () => {
    void merge(cluster, lease, key, { spec: spec() })
    cluster.clock.after(10_000, renew)
  }
  await create(cluster, lease, name, { metadata: key, spec: spec() })
  cluster.clock.after(10_000, renew)
}
