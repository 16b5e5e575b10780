/** Pods on nodes, as the scheduler counts them. */
import { isPodTerminal } from '../../../src/apis/core-v1/pod-status.js'
import type { ClusterModel } from '../model.js'
import type { Node, Pod } from '../objects.js'

/** It is on that node (any, when none is named) and has not ended; one that is being deleted holds its room until it is gone. */
export const holdsRoom = (pod: Pod, node?: string): boolean =>
  Boolean(pod.spec.nodeName) && (node === undefined || pod.spec.nodeName === node) && !isPodTerminal(pod)

/** Every version of the node of that name that a cache may show. */
export const nodeViews = (model: ClusterModel, name: string | undefined): Node[] =>
  model
    .followed('Node')
    .flatMap(followed => followed.views())
    .flatMap(view => (view?.metadata.name === name && view ? [view] : []))
