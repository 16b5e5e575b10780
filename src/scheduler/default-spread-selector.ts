/** The selector by which a pod is spread when it says nothing itself: that of its owner and of the services before it. */
import { replicaSet, statefulSet } from '../apis/apps-v1/index.js'
import { replicationController, service } from '../apis/core-v1/index.js'
import type { Pod } from '../apis/generated/core-v1.js'
import type { LabelSelector } from '../apis/generated/meta-v1.js'
import type { InformerFactory } from '../client/informer-factory.js'
import { type LabelMatcher, labelSelectorFrom, matchesLabels } from '../machinery/selector/index.js'

/** Reads from informers of services, replication controllers, replica sets and stateful sets, which it asks for. */
export function newDefaultSpreadSelector(informers: InformerFactory): (pod: Pod) => LabelMatcher | undefined {
  const services = informers.informer(service)
  const controllers = informers.informer(replicationController)
  const replicaSets = informers.informer(replicaSet)
  const statefulSets = informers.informer(statefulSet)

  const ownerSelector = ({ metadata }: Pod): LabelSelector | undefined => {
    const owner = metadata.ownerReferences?.find(reference => reference.controller)
    if (!owner) return undefined
    const key = { namespace: metadata.namespace, name: owner.name }
    switch (`${owner.apiVersion}/${owner.kind}`) {
      case 'v1/ReplicationController':
        return { matchLabels: controllers.get(key)?.spec.selector }
      case 'apps/v1/ReplicaSet':
        return replicaSets.get(key)?.spec.selector
      case 'apps/v1/StatefulSet':
        return statefulSets.get(key)?.spec.selector
      default:
        return undefined
    }
  }

  return pod => {
    const { namespace, labels } = pod.metadata
    const ofServices: Record<string, string> = {}
    for (const { spec } of services.list(namespace)) {
      if (spec.selector && Object.keys(spec.selector).length && matchesLabels({ matchLabels: spec.selector }, labels))
        Object.assign(ofServices, spec.selector)
    }
    const { matchLabels, matchExpressions } = ownerSelector(pod) ?? {}
    const selector = { matchLabels: { ...ofServices, ...matchLabels }, matchExpressions }
    if (!Object.keys(selector.matchLabels).length && !matchExpressions?.length) return undefined
    try {
      return labelSelectorFrom(selector)
    } catch {
      return undefined
    }
  }
}
