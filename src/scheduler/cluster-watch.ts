/** Turns what informers say about nodes and pods into changes of cache, queue and nominations. */
import type { Node, Pod } from '../apis/generated/core-v1.js'
import type { InformerHandler } from '../client/informer.js'
import type { ClusterCache } from './cache.js'
import type { Nominator } from './nominator.js'
import { isActive, newPodInfo } from './pod-info.js'
import type { SchedulingQueue } from './queue.js'

export interface ClusterWatchDeps {
  cache: ClusterCache
  queue: SchedulingQueue
  nominator: Nominator
  /** Whether pods of that scheduler name are placed here. */
  places(schedulerName: string): boolean
}

const json = (value: unknown): string | undefined => JSON.stringify(value)

/** Anything that a plugin looks at; heartbeats change none of it. */
const changesScheduling = (old: Node, node: Node): boolean =>
  json(old.metadata.labels) !== json(node.metadata.labels) ||
  json(old.spec) !== json(node.spec) ||
  json(old.status?.allocatable) !== json(node.status?.allocatable) ||
  json(old.status?.conditions?.map(c => [c.type, c.status])) !==
    json(node.status?.conditions?.map(c => [c.type, c.status]))

export const newNodeHandler = ({ cache, queue }: ClusterWatchDeps): InformerHandler<Node> => ({
  add(node) {
    cache.setNode(node)
    queue.moveOn({ type: 'NodeAdd', node })
  },
  update(node, old) {
    cache.setNode(node)
    if (changesScheduling(old, node)) queue.moveOn({ type: 'NodeUpdate', node, old })
  },
  delete(node) {
    cache.removeNode(node.metadata.name ?? '')
    queue.moveOn({ type: 'NodeDelete', node })
  },
})

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? ''
const isAssigned = ({ spec }: Pod): boolean => Boolean(spec.nodeName)

/** Resources only shrink by a resize, which raises the generation. */
const mayFreeSomething = (old: Pod, pod: Pod): boolean =>
  old.metadata.generation !== pod.metadata.generation || json(old.metadata.labels) !== json(pod.metadata.labels)

export function newPodHandler({ cache, queue, nominator, places }: ClusterWatchDeps): InformerHandler<Pod> {
  const leaveQueue = (uid: string) => {
    queue.remove(uid)
    nominator.remove(uid)
  }
  const setAssigned = (pod: Pod, old: Pod | undefined) => {
    const uid = uidOf(pod)
    leaveQueue(uid)
    const wasThere = cache.has(uid)
    cache.setPod(pod)
    if (!isActive(pod)) {
      if (wasThere) queue.moveOn({ type: 'AssignedPodDelete', pod })
    } else if (!old || !isAssigned(old)) queue.moveOn({ type: 'AssignedPodAdd', pod })
    else if (mayFreeSomething(old, pod)) queue.moveOn({ type: 'AssignedPodUpdate', pod, old })
  }
  const setWaiting = (pod: Pod) => {
    const uid = uidOf(pod)
    if (!places(pod.spec.schedulerName ?? 'default-scheduler') || cache.isAssumed(uid)) return
    if (pod.metadata.deletionTimestamp || !isActive(pod)) {
      leaveQueue(uid)
      return
    }
    const nominated = pod.status?.nominatedNodeName ?? nominator.nodeFor(uid)
    if (nominated) nominator.nominate(newPodInfo(pod), nominated)
    queue.addOrUpdate(pod)
  }
  const set = (pod: Pod, old?: Pod) => (isAssigned(pod) ? setAssigned(pod, old) : setWaiting(pod))
  return {
    add: pod => set(pod),
    update: set,
    delete(pod) {
      const uid = uidOf(pod)
      leaveQueue(uid)
      const wasThere = cache.has(uid)
      cache.removePod(uid)
      if (wasThere || isAssigned(pod)) queue.moveOn({ type: 'AssignedPodDelete', pod })
    },
  }
}
