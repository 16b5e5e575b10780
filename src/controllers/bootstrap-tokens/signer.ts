/** Bootstrap signer: signs the config map cluster-info with every bootstrap token, so that a new node knows whom it may trust. */
import { createHmac } from 'node:crypto'
import { configMap as configMapKind, secret as secretKind } from '../../apis/core-v1/index.js'
import type { ConfigMap } from '../../apis/generated/core-v1.js'
import { keyOf } from '../../client/indexer.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'
import { isTokenSecret, signingToken, type TokenSecret, tokenNamespace } from './token-secret.js'

const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' }
const signaturePrefix = 'jws-kubeconfig-'

const base64url = (text: string) => Buffer.from(text).toString('base64url')

/** A JSON Web Signature (HS256) of the content, with the content left out. */
export function detachedSignature(content: string, { id, secret }: { id: string; secret: string }): string {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: id }))
  const signature = createHmac('sha256', secret)
    .update(`${header}.${base64url(content)}`)
    .digest('base64url')
  return `${header}..${signature}`
}

const isClusterInfo = ({ metadata }: KubernetesObject) =>
  metadata.namespace === clusterInfo.namespace && metadata.name === clusterInfo.name

export const bootstrapSigner = defineController<ConfigMap & KubernetesObject>({
  name: 'bootstrap_signer_queue',
  serviceAccount: 'bootstrap-signer',
  for: configMapKind,
  relevant: isClusterInfo,
  watches: [
    {
      kind: secretKind,
      keys: secret => (isTokenSecret(secret as TokenSecret) ? [keyOf({ metadata: clusterInfo })] : []),
    },
  ],
  workers: 1,

  async reconcile(map, { cache, client, clock }) {
    const { kubeconfig } = map.data ?? {}
    if (!isClusterInfo(map) || kubeconfig === undefined) return done
    const unsigned = Object.entries(map.data ?? {}).filter(([key]) => !key.startsWith(signaturePrefix))
    const tokens = cache
      .list(secretKind, tokenNamespace)
      .filter(secret => isTokenSecret(secret))
      .map(secret => signingToken(secret, clock.now()))
      .filter(token => token !== undefined)
    const signed = tokens.map(token => [signaturePrefix + token.id, detachedSignature(kubeconfig, token)] as const)
    const data = Object.fromEntries([...unsigned, ...signed])
    const isSame = Object.keys(data).length === Object.keys(map.data ?? {}).length
    if (isSame && signed.every(([key, signature]) => map.data?.[key] === signature)) return done
    await client.update(configMapKind, { ...map, data })
    return done
  },
})
