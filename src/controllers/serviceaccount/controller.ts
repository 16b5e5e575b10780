/** Service account controller: every active namespace has a `default` service account. */
import { namespace as namespaceKind, serviceAccount as serviceAccountKind } from '../../apis/core-v1/index.js'
import type { Namespace } from '../../apis/generated/core-v1.js'
import { isNamespaceTerminating } from '../../client/error-causes.js'
import { isReason } from '../../machinery/status-error.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

export const serviceAccountController = defineController<Namespace>({
  name: 'serviceaccount',
  serviceAccount: 'service-account-controller',
  for: namespaceKind,
  watches: [
    {
      kind: serviceAccountKind,
      keys: ({ metadata }, _cache, { type }) => (type === 'delete' && metadata.namespace ? [metadata.namespace] : []),
    },
  ],
  workers: 1,

  async reconcile({ metadata: { name: namespace }, status }, { cache, client }) {
    if (status?.phase !== 'Active' || cache.get(serviceAccountKind, { namespace, name: 'default' })) return done
    const wanted = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } }
    try {
      await client.create(serviceAccountKind, wanted)
    } catch (error) {
      if (!isReason(error, 'AlreadyExists') && !isNamespaceTerminating(error)) throw error
    }
    return done
  },
})
