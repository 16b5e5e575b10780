/** Which services a change of a pod concerns. */
import { pod as podKind, service as serviceKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import type { Cache } from '../runtime/cache.js'
import type { Change, Watch } from '../runtime/define-controller.js'
import { endpointsChanged, isSelected, membershipChanged, selectsPods } from './members.js'

/** Services that select the pod, before or after the change, where the change matters to endpoints. */
export function* servicesOfPod(object: KubernetesObject, cache: Cache, change: Change): Iterable<string> {
  const pod = object as Pod
  const old = change.old as Pod | undefined
  if (old && !endpointsChanged(pod, old) && !membershipChanged(pod, old)) return
  for (const service of cache.list(serviceKind, pod.metadata.namespace)) {
    if (!selectsPods(service)) continue
    const selected = isSelected(service, pod.metadata.labels)
    if (selected || (old && isSelected(service, old.metadata.labels))) yield keyOf(service)
  }
}

export const podsOfServices: Watch = { kind: podKind, keys: servicesOfPod }
