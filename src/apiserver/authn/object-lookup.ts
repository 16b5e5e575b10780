/** How authenticators read the objects that stand behind a token. */
import type { AnyObject, ObjectKey } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { RestDirectory } from '../deps.js'

/** Undefined when the object is not there, or its kind is not served. */
export type FindObject = (
  resource: 'secrets' | 'serviceaccounts' | 'pods' | 'nodes',
  key: ObjectKey,
) => Promise<AnyObject | undefined>

export const newFindObject =
  (rests: RestDirectory): FindObject =>
  async (resource, key) => {
    try {
      return (await rests.find('', 'v1', resource)?.get(key))?.object
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }

/** The text behind a key of a Secret; empty when it is not there. */
export function secretText(secret: AnyObject, key: string): string {
  const encoded = (secret.data as Record<string, string> | undefined)?.[key]
  return encoded ? Buffer.from(encoded, 'base64').toString() : ''
}
