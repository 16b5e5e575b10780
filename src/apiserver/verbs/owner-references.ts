/** Owner references that are there twice are dropped, and the client is told. */

import { sameJson } from '../../machinery/apply/same-json.js'
import type { AnyObject, OwnerReference } from '../../machinery/object-meta.js'

const moments = { sent: '', admitted: ' after mutating admission happens' } as const

/** `when`: as the client sent the object, or as admission left it. */
export function dropRepeatedOwners(
  { metadata }: AnyObject,
  when: keyof typeof moments,
  warn: ((message: string) => void) | undefined,
): void {
  const references = metadata.ownerReferences
  if (!references || references.length < 2) return
  const kept: OwnerReference[] = []
  const repeated: string[] = []
  for (const reference of references)
    if (kept.some(other => sameJson(other, reference))) repeated.push(reference.uid)
    else kept.push(reference)
  if (!repeated.length) return
  metadata.ownerReferences = kept
  warn?.(
    `.metadata.ownerReferences contains duplicate entries${moments[when]}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${repeated.join(', ')}`,
  )
}
