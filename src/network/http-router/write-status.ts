/** Writes what becomes of an object that is served at the front door into its status. */
import type { Client } from '../../client/client.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Logger } from '../../telemetry/logger.js'

/** Where an object is. */
const keyOf = ({ metadata: { namespace = '', name = '' } }: KubernetesObject) => ({ namespace, name })

/** Never rejects. `status` goes over what is there; what others changed meanwhile stays, and their change brings the object up again. */
export async function writeStatus<T extends KubernetesObject & { status?: object }>(
  { client, log }: { client: Client; log: Logger },
  { kind, own }: { kind: KindRef<T>; own: T },
  status: object,
): Promise<void> {
  const body = { metadata: { resourceVersion: own.metadata.resourceVersion }, status }
  const patch = { type: 'application/merge-patch+json', body } as const
  await client.patch(kind, keyOf(own), patch, { subresource: 'status' }).catch(error => {
    if (isReason(error, 'Conflict') || isReason(error, 'NotFound')) return
    log.warn({ kind: kind.kind, ...keyOf(own), error: String(error) }, 'A status could not be written')
  })
}
