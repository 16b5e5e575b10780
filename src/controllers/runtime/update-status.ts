/** Writing a status only when it says something new, with one fresh try after a lost race. */
import { semanticEqual } from '../../apis/validation/semantic-equal.js'
import type { Client } from '../../client/client.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'

type WithStatus = KubernetesObject & { status?: object }

/** Resolves with the object as it is now. A status equal to the present one is not written. */
export async function updateStatus<T extends WithStatus>(
  client: Client,
  kind: KindRef<T>,
  object: T,
  status: NonNullable<T['status']>,
): Promise<T> {
  if (semanticEqual(object.status, status)) return object
  try {
    return await client.updateStatus(kind, { ...object, status })
  } catch (error) {
    if (!isReason(error, 'Conflict')) throw error
  }
  const fresh = await client.get(kind, object.metadata as ObjectKey)
  if (fresh.metadata.uid !== object.metadata.uid) return object
  return client.updateStatus(kind, { ...fresh, status })
}
