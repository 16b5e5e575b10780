/** A client that writes nothing once its owner may no longer: a leader that was suspended must not act on what it knew. */
import type { Client } from './client.js'

/** Writes reject, unsent, from when `holds` answers false. Reads go on. */
export function fencedClient(client: Client, holds: () => boolean): Client {
  const guard =
    <A extends unknown[], R>(write: (...of: A) => Promise<R>) =>
    async (...of: A): Promise<R> => {
      if (!holds()) throw new Error('not written: the lease is no longer held')
      return write(...of)
    }
  return {
    ...client,
    create: guard(client.create) as Client['create'],
    createSubresource: guard(client.createSubresource) as Client['createSubresource'],
    update: guard(client.update) as Client['update'],
    updateStatus: guard(client.updateStatus) as Client['updateStatus'],
    updateSubresource: guard(client.updateSubresource) as Client['updateSubresource'],
    patch: guard(client.patch) as Client['patch'],
    delete: guard(client.delete),
    deleteCollection: guard(client.deleteCollection),
  }
}
