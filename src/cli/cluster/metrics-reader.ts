/** Lets those who may view pods see what they use: the role that metrics-server brings along, under its name. */
import { clusterRole } from '../../apis/rbac-v1/index.js'
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'

const aggregateTo = (role: string) => [`rbac.authorization.k8s.io/aggregate-to-${role}`, 'true'] as const

/** One that is there already stays as it is. */
export async function ensureMetricsReader(client: Client): Promise<void> {
  const role = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: {
      name: 'system:aggregated-metrics-reader',
      labels: Object.fromEntries(['view', 'edit', 'admin'].map(aggregateTo)),
    },
    rules: [{ apiGroups: ['metrics.k8s.io'], resources: ['pods', 'nodes'], verbs: ['get', 'list', 'watch'] }],
  }
  await client.create(clusterRole, role).catch(error => {
    if (!isReason(error, 'AlreadyExists')) throw error
  })
}
