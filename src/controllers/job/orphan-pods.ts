/** Frees pods that still carry a Job's finalizer after the Job is gone or finished: nobody will count them any more. */
import { job as jobKind } from '../../apis/batch-v1/index.js'
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Job } from '../../apis/generated/batch-v1.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { type Cache, indexByController } from '../runtime/cache.js'
import { defineController } from '../runtime/define-controller.js'
import { controllerRefOf, refersTo } from '../runtime/owner.js'
import { done } from '../runtime/result.js'
import { isManagedElsewhere, releasePod } from './controller.js'
import { isTracked } from './pods.js'
import { isFinished } from './verdict.js'

export const jobOrphanPodController = defineController<Pod>({
  name: 'job_orphan_pod',
  serviceAccount: 'job-controller',
  for: podKind,
  prepare: informer => indexByController(informer(podKind)),
  relevant: pod => isTracked(pod),
  watches: [
    {
      kind: jobKind,
      keys: (job, cache, { type }) => (type === 'delete' || isFinished(job as Job) ? podsOf(job, cache) : []),
    },
  ],

  async reconcile(pod, { cache, client }) {
    if (!isTracked(pod)) return done
    const reference = controllerRefOf(pod)
    if (reference) {
      if (!refersTo(reference, jobKind)) return done
      const job = cache.get(jobKind, { namespace: pod.metadata.namespace, name: reference.name })
      if (job?.metadata.uid === reference.uid && (isManagedElsewhere(job) || !isFinished(job))) return done
    }
    await releasePod(pod, { client })
    return done
  },
})

const podsOf = (job: KubernetesObject, cache: Cache): string[] =>
  cache.ownedBy(job, podKind).filter(isTracked).map(keyOf)
