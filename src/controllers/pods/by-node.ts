/** Finding the pods of a node in the cache. */
import { pod as podKind } from '../../apis/core-v1/index.js'
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Informer } from '../../client/informer.js'
import type { Cache } from '../runtime/cache.js'

const nodeNameIndex = 'spec.nodeName'

/** Makes podsOnNode work. */
export const indexByNode = (pods: Informer<Pod>): void =>
  pods.addIndex(nodeNameIndex, ({ spec }) => (spec.nodeName ? [spec.nodeName] : []))

/** Pods bound to the node, in any phase. */
export const podsOnNode = (cache: Cache, node: string): Pod[] => cache.byIndex(podKind, nodeNameIndex, node)
