/** The Suspended condition of a Job, and what it does to the start time. Pure. */
import type { Job, JobCondition } from '../../apis/generated/batch-v1.js'
import { formatTime } from '../../machinery/clock.js'
import { findCondition } from '../runtime/conditions.js'
import { newCondition } from './verdict.js'

export interface Suspension {
  conditions: JobCondition[]
  /** A resumed Job begins anew, its deadline too. */
  startTime?: string
  reason: 'Suspended' | 'Resumed'
  message: string
}

/** Undefined where nothing changes; a Job that was never suspended has no such condition. */
export function planSuspension({ spec, status }: Job, now: number): Suspension | undefined {
  const conditions = status?.conditions ?? []
  const current = findCondition(conditions, 'Suspended')
  const suspended = spec.suspend === true
  if (suspended ? current?.status === 'True' : !current || current.status === 'False') return undefined
  const message = suspended ? 'Job suspended' : 'Job resumed'
  const condition = newCondition(
    'Suspended',
    { status: suspended ? 'True' : 'False', reason: suspended ? 'JobSuspended' : 'JobResumed', message },
    now,
  )
  return {
    conditions: current ? conditions.map(c => (c === current ? condition : c)) : [...conditions, condition],
    ...(!suspended && { startTime: formatTime(now) }),
    reason: suspended ? 'Suspended' : 'Resumed',
    message,
  }
}
