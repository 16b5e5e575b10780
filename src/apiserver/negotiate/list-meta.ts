/** The metadata of a list that is sent. */
import type { ListMeta } from '../../machinery/object-meta.js'
import type { StoredList } from '../../registry/rest.js'

export const listMeta = ({ revision, continue: token, remainingItemCount }: StoredList): ListMeta => ({
  resourceVersion: String(revision),
  ...(token && { continue: token }),
  ...(token && remainingItemCount && { remainingItemCount }),
})
