/** Follows the addresses of the pods of this process' nodes: services may lead pods of different nodes to different pods. */
import { pod as podKind } from '../../apis/core-v1/pod.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { InformerFactory } from '../../client/informer-factory.js'

export interface PodAt {
  node: string
  ip: string
}

/** Hears of a pod by `namespace/name`: where it is, or undefined when it is not there, or not any more. */
export type PodMoved = (pod: string, at: PodAt | undefined) => void

function placeOf({ spec, status }: Pod, nodes: readonly string[]): PodAt | undefined {
  const { hostNetwork, nodeName: node } = spec
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  const isHere = status?.podIP && !hostNetwork && !ended && node && nodes.includes(node)
  return isHere ? { node, ip: status.podIP! } : undefined
}

/** Answers how to leave. */
export function followNodePods(informers: InformerFactory, nodes: readonly string[], moved: PodMoved): () => void {
  const keyOf = ({ metadata: { namespace, name } }: Pod) => `${namespace}/${name}`
  const put = (pod: Pod) => moved(keyOf(pod), placeOf(pod, nodes))
  return informers.informer(podKind).addHandler({
    add: put,
    update: (pod, old) => {
      if (pod.status?.podIP !== old.status?.podIP || pod.status?.phase !== old.status?.phase) put(pod)
    },
    delete: pod => moved(keyOf(pod), undefined),
  })
}
