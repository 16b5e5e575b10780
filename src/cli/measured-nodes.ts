/** What nodes use, as the metrics API has it. */
import type { KindRef } from '../machinery/kind.js'
import type { KubernetesObject } from '../machinery/object-meta.js'
import type { NodeUsage } from '../scheduler/index.js'

export const measuredNodes: KindRef<KubernetesObject & NodeUsage> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  scope: 'Cluster',
  names: { plural: 'nodes', singular: 'node' },
}
