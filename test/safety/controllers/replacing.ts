/** Someone who takes objects away and puts others of the same name in their place. */
import { replicaSet, statefulSet } from '../../../src/apis/apps-v1/index.js'
import { job } from '../../../src/apis/batch-v1/index.js'
import {
  configMap,
  endpoints,
  persistentVolumeClaim,
  pod,
  secret,
  serviceAccount,
} from '../../../src/apis/core-v1/index.js'
import { endpointSlice } from '../../../src/apis/discovery-v1/index.js'
import type { TestCluster } from '../../../src/controllers/testing/cluster.js'
import type { KindRef } from '../../../src/machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../../src/machinery/object-meta.js'
import type { Chance } from '../random.js'
import { namespace, type Scenario } from './scenario.js'

const replaced = [
  ...[pod, pod, pod, replicaSet, statefulSet, job, persistentVolumeClaim],
  ...[configMap, secret, serviceAccount, endpoints, endpointSlice],
] as unknown as readonly KindRef[]

/** The longest pause between two replacements. */
const pauseMs = 800

/** What a user would write to have it again. */
function copyOf({ metadata, ...rest }: KubernetesObject & { status?: unknown }): KubernetesObject {
  const { name, labels, annotations } = metadata
  const { status: _, ...content } = rest
  return { ...content, metadata: { name, namespace, labels, annotations } }
}

async function replaceOne({ admin }: TestCluster, chance: Chance): Promise<void> {
  const kind = chance.pick(replaced)
  const { items } = await admin.list(kind, { namespace })
  if (!items.length) return
  const target = chance.pick(items)
  const key = target.metadata as ObjectKey
  if (target.metadata.finalizers) {
    const body = { metadata: { finalizers: null } }
    await admin.patch(kind, key, { type: 'application/merge-patch+json', body })
  }
  await admin.delete(kind, key, { gracePeriodSeconds: 0, propagationPolicy: 'Background' })
  await admin.create(kind, copyOf(target))
}

/** The scenario with that going on all the time. What it waits for may then never come true: what counts is what happens meanwhile. */
export function replacing(scenario: Scenario, chance: Chance): Scenario {
  return {
    ...scenario,
    async play(cluster) {
      let over = false
      const next = () => {
        if (over) return
        // Whoever was quicker: there is nothing to replace then.
        void replaceOne(cluster, chance).catch(() => {})
        cluster.clock.after(chance.below(pauseMs), next)
      }
      cluster.clock.after(0, next)
      await scenario.play(cluster).catch(() => {})
      over = true
    },
  }
}
