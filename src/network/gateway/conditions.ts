/** Conditions of the Gateway API: they say what generation they are about, and since when they hold. */
import type { Condition } from '../../apis/generated/meta-v1.js'

/** What is to be said; without a reason to the contrary, it holds. */
export interface Claim {
  type: string
  /** Why it does not hold; undefined: it does. */
  flaw?: { reason: string; message: string } | undefined
  /** Where it holds. */
  reason: string
  /** More about it where it holds. */
  note?: string | undefined
  /** Holds although there is a flaw to tell. */
  holdsAnyway?: boolean
  /** Holds only because of the flaw: it is one to be told. */
  isComplaint?: boolean
}

export interface ClaimContext {
  generation: number
  /** RFC 3339. */
  now: string
  /** What was said before. */
  before: readonly Condition[] | undefined
}

/** Times stay where the status stays. */
export function newConditions(claims: readonly Claim[], { generation, now, before }: ClaimContext): Condition[] {
  return claims.map(({ type, flaw, reason, note = '', holdsAnyway = false, isComplaint = false }) => {
    const status = (!flaw || holdsAnyway) !== isComplaint ? 'True' : 'False'
    const old = before?.find(condition => condition.type === type)
    return {
      type,
      status,
      reason: flaw?.reason ?? reason,
      message: flaw?.message ?? note,
      observedGeneration: generation,
      lastTransitionTime: old?.status === status ? old.lastTransitionTime : now,
    }
  })
}

/** Whether two statuses say the same. */
export const isSameStatus = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

/** With the members of objects in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}
