/** Follows the addresses of the pods of this process' nodes: services may lead pods of different nodes to different pods. */
import { pod as podKind } from '../../apis/core-v1/pod.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import { podAddress } from '../pod-address.js'

export interface PodAt {
  node: string
  ip: string
}

interface FollowedPods {
  /** Names of the nodes. */
  nodes: readonly string[]
  /** Of the addresses. */
  family: IpFamily
}

/** Hears of a pod by `namespace/name`: where it is, or undefined when it is not there, or not any more. */
export type PodMoved = (pod: string, at: PodAt | undefined) => void

function placeOf(pod: Pod, { nodes, family }: FollowedPods): PodAt | undefined {
  const { spec, status } = pod
  const { hostNetwork, nodeName: node } = spec
  const ended = status?.phase === 'Succeeded' || status?.phase === 'Failed'
  const ip = podAddress(pod, family)
  return ip && !hostNetwork && !ended && node && nodes.includes(node) ? { node, ip } : undefined
}

/** Answers how to leave. */
export function followNodePods(informers: InformerFactory, followed: FollowedPods, moved: PodMoved): () => void {
  const { family } = followed
  const keyOf = ({ metadata: { namespace, name } }: Pod) => `${namespace}/${name}`
  const put = (pod: Pod) => moved(keyOf(pod), placeOf(pod, followed))
  return informers.informer(podKind).addHandler({
    add: put,
    update: (pod, old) => {
      if (podAddress(pod, family) !== podAddress(old, family) || pod.status?.phase !== old.status?.phase) put(pod)
    },
    delete: pod => moved(keyOf(pod), undefined),
  })
}
