/** The config map cluster-info in kube-public: where the cluster is and whom it trusts, for nodes that are yet to join. As kubeadm makes it. */
import { configMap } from '../../apis/core-v1/index.js'
import type { Client } from '../../client/client.js'
import { isReason } from '../../machinery/status-error.js'

/** Before the cluster's id, in the name that it is given there. */
export const clusterNamePrefix = 'minik8s-'

const kubeconfigOf = (server: string, ca: string, cluster: string) => `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(ca).toString('base64')}
    server: ${server}
  name: ${clusterNamePrefix}${cluster}
contexts: null
current-context: ""
kind: Config
preferences: {}
users: null
`

/** `ca`: PEM. */
interface ClusterPlace {
  server: string
  ca: string
  /** Its id. */
  cluster: string
}

/** Creates it; one that is there already stays as it is. */
export async function ensureClusterInfo(client: Client, { server, ca, cluster }: ClusterPlace): Promise<void> {
  const metadata = { name: 'cluster-info', namespace: 'kube-public' }
  const data = { kubeconfig: kubeconfigOf(server, ca, cluster) }
  await client.create(configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }).catch(error => {
    if (!isReason(error, 'AlreadyExists')) throw error
  })
}
