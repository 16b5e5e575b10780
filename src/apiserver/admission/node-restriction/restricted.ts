/** What the parts of NodeRestriction are told: the request, and which node it comes from. */
import type { AnyObject } from '../../../machinery/object-meta.js'
import { notFound } from '../../../machinery/status-error.js'
import type { AdmissionAttributes } from '../admission.js'
import { type Lookup, pods } from '../lookup.js'

export interface Restricted {
  attributes: AdmissionAttributes
  node: string
}

/** Throws a StatusError to refuse. */
export type Restriction = (restricted: Restricted) => void | Promise<void>

/** Upstream's informers name a kind in the singular. */
const podRef = { group: '', names: { plural: 'pod', singular: 'pod' } }

/** A pod of the request's namespace. Throws 404. */
export async function findPod(lookup: Lookup, namespace: string, name: string): Promise<AnyObject> {
  const found = await lookup.get(pods, { namespace, name })
  if (!found) throw notFound(podRef, name)
  return found
}

export const nodeNameOf = (object: AnyObject | undefined): string | undefined =>
  (object?.spec as { nodeName?: string } | undefined)?.nodeName

/** Empty and absent lists are the same. */
export const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? []) === JSON.stringify(b ?? [])
