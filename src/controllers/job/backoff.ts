/** How long a Job waits after failures before it makes new pods: 10 s, doubling to 10 minutes, reset by a success. */
import type { Pod } from '../../apis/generated/core-v1.js'
import { finishedAt } from './pods.js'

const firstMs = 10_000
const longestMs = 600_000

export interface FailureRecord {
  failures: number
  /** Milliseconds since the epoch. */
  lastFailure: number
}

export const noFailures: FailureRecord = { failures: 0, lastFailure: 0 }

/** The record after these pods ended: failures since the last success. */
export function recordEnds(before: FailureRecord, succeeded: readonly Pod[], failed: readonly Pod[]): FailureRecord {
  if (succeeded.length === 0 && failed.length === 0) return before
  const failures = failed.map(finishedAt)
  if (succeeded.length === 0)
    return { failures: before.failures + failures.length, lastFailure: Math.max(before.lastFailure, ...failures) }
  const lastSuccess = Math.max(...succeeded.map(finishedAt))
  const since = failures.filter(time => time > lastSuccess)
  return { failures: since.length, lastFailure: Math.max(0, ...since) }
}

/** Milliseconds to wait still. */
export function remainingBackoff({ failures, lastFailure }: FailureRecord, now: number): number {
  if (failures === 0) return 0
  const backoff = Math.min(firstMs * 2 ** (failures - 1), longestMs)
  return Math.max(0, lastFailure + backoff - now)
}
