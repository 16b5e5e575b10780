/** What a reconcile answers: all is as it should be for now, or look again after a while. Errors are thrown and back off. */

export interface Result {
  /** Milliseconds after which to reconcile again, whether or not anything changes. */
  requeueAfterMs?: number
}

/** Nothing to do until something changes. */
export const done: Result = {}

/** Look again after `ms` milliseconds, or sooner if something changes. */
export const requeueAfter = (ms: number): Result => ({ requeueAfterMs: Math.max(ms, 1) })

/** The earlier of two wishes. */
export function soonest(a: Result, b: Result): Result {
  if (a.requeueAfterMs === undefined) return b
  return b.requeueAfterMs === undefined || a.requeueAfterMs <= b.requeueAfterMs ? a : b
}
