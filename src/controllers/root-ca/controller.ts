/** Root CA publisher: every namespace holds the cluster's CA in the config map `kube-root-ca.crt`, kept as it should be. */
import { configMap as configMapKind, namespace as namespaceKind } from '../../apis/core-v1/index.js'
import type { ConfigMap, Namespace } from '../../apis/generated/core-v1.js'
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { isReason } from '../../machinery/status-error.js'
import type { Controller } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

const name = 'kube-root-ca.crt'
const descriptionAnnotation = 'kubernetes.io/description'
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** `rootCa` is the PEM bundle to publish. */
export function rootCaController(rootCa: string): Controller {
  const data = { 'ca.crt': rootCa }
  return defineController<Namespace>({
    name: 'root_ca_cert_publisher',
    serviceAccount: 'root-ca-cert-publisher',
    for: namespaceKind,
    watches: [
      {
        kind: configMapKind,
        keys: ({ metadata }, _cache, { type }) =>
          metadata.name === name && metadata.namespace && type !== 'add' ? [metadata.namespace] : [],
      },
    ],
    workers: 1,

    async reconcile({ metadata: { name: namespace = '' }, status }, { cache, client }) {
      if (status?.phase === 'Terminating') return done
      const present = cache.get(configMapKind, { namespace, name })
      if (!present) await create(namespace, data, client)
      else if (!semanticEqual(present.data, data) || !present.metadata.annotations?.[descriptionAnnotation])
        await client.update(configMapKind, {
          ...present,
          metadata: {
            ...present.metadata,
            annotations: { ...present.metadata.annotations, [descriptionAnnotation]: description },
          },
          data,
        })
      return done
    },
  })
}

async function create(namespace: string, data: ConfigMap['data'], client: Client): Promise<void> {
  const metadata = { name, namespace, annotations: { [descriptionAnnotation]: description } }
  try {
    await client.create(configMapKind, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data })
  } catch (error) {
    const gone = isReason(error, 'NotFound') || isNamespaceTerminating(error)
    if (!gone && !isReason(error, 'AlreadyExists')) throw error
  }
}
