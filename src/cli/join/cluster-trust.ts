/** Learns whom a cluster trusts from its config map cluster-info, which is believed because the token's secret has signed it. */
import { timingSafeEqual } from 'node:crypto'
import { configMap } from '../../apis/core-v1/index.js'
import type { Client } from '../../client/client.js'
import { detachedSignature } from '../../controllers/bootstrap-tokens/signer.js'
import { isReason, StatusError } from '../../machinery/status-error.js'
import { clusterNamePrefix } from '../cluster/cluster-info.js'
import { UserError } from '../user-error.js'
import type { BootstrapToken } from './bootstrap-token.js'

export interface ClusterTrust {
  /** PEM of the cluster's authority. */
  ca: string
  /** The id that labels the cluster's containers. */
  cluster: string
}

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' }

function explain(error: unknown, server: string): unknown {
  const refused = isReason(error, 'NotFound') || isReason(error, 'Forbidden') || isReason(error, 'Unauthorized')
  if (refused)
    return new UserError(
      `the cluster at ${server} does not tell strangers about itself: \`minik8s node token\` there lets nodes join, and prints how`,
    )
  if (!(error instanceof StatusError)) return error
  return new UserError(
    `no API server answers at ${server} (${error.message}): is --server right, and does the cluster run?`,
  )
}

function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** `client` believes anybody and shows nothing. Throws UserErrors. */
export async function readClusterTrust(client: Client, server: string, token: BootstrapToken): Promise<ClusterTrust> {
  const { data = {} } = await client.get(configMap, clusterInfo).catch(error => {
    throw explain(error, server)
  })
  const { kubeconfig = '' } = data
  const signature = data[`jws-kubeconfig-${token.id}`]
  if (!signature)
    throw new UserError(
      `the cluster at ${server} does not know the token ${token.id}, or it has expired: \`minik8s node token\` there makes another`,
    )
  if (!sameText(signature, detachedSignature(kubeconfig, token)))
    throw new UserError(
      `what ${server} says of its cluster is not signed with the secret of this token: the token is wrong, or somebody stands in between`,
    )
  return trustOf(kubeconfig)
}

async function trustOf(kubeconfig: string): Promise<ClusterTrust> {
  const { load } = await import('js-yaml')
  const { clusters = [] } = load(kubeconfig) as {
    clusters?: { name: string; cluster: { 'certificate-authority-data'?: string } }[]
  }
  const [found] = clusters
  const ca = found?.cluster['certificate-authority-data']
  if (!ca || !found.name.startsWith(clusterNamePrefix))
    throw new UserError('this is not a cluster of minik8s, or one of an older version: its nodes are on their own')
  return { ca: Buffer.from(ca, 'base64').toString('utf8'), cluster: found.name.slice(clusterNamePrefix.length) }
}
