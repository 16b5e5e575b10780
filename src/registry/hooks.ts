/** What a kind needs of its store beyond its declaration: allocations around a write, a deletion of its own. */
import type { AnyObject } from '../machinery/object-meta.js'
import type { DeleteOptions } from '../machinery/request.js'

/** Something taken for a write: kept when it was stored, given back when it was not. */
export interface Reservation {
  commit(): void
  revert(): void
}

export interface HookContext {
  dryRun: boolean
  subresource: string
  /** Milliseconds since the epoch. */
  now: number
}

/** What becomes of a deletion: `write` stores the changed object, `keep` answers with it as it is, `proceed` goes the common way. */
export type DeletionStep = 'write' | 'keep' | 'proceed'

/** All hooks may change `object`, never `old`. */
export interface KindHooks {
  /** Before the strategy prepares the object. Throws a StatusError to refuse. */
  beginCreate?(object: AnyObject, context: HookContext): Promise<Reservation> | Reservation
  beginUpdate?(object: AnyObject, old: AnyObject, context: HookContext): Promise<Reservation> | Reservation
  /** The object is gone; never at a dry run. */
  afterDelete?(object: AnyObject): Promise<void> | void
  /** False keeps an object that is being deleted though its last finalizer is gone. */
  mayVanish?(object: AnyObject): boolean
  /** `object` is a copy of what is stored. */
  beginDelete?(object: AnyObject, options: DeleteOptions, context: HookContext): DeletionStep
}
