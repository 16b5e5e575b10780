/** Conditions in a status, as the controllers of apps keep them. */

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export const findCondition = <C extends { type: string }>(conditions: readonly C[] | undefined, type: string) =>
  conditions?.find(c => c.type === type)

export const withoutCondition = <C extends { type: string }>(conditions: readonly C[] | undefined, type: string): C[] =>
  conditions?.filter(c => c.type !== type) ?? []

/** Puts `condition` at the end, in place of any of its type; one with the same status and reason is left alone. */
export function withCondition<C extends Condition>(conditions: readonly C[] | undefined, condition: C): C[] {
  const current = findCondition(conditions, condition.type)
  if (current && current.status === condition.status && current.reason === condition.reason)
    return [...(conditions ?? [])]
  return [...withoutCondition(conditions, condition.type), condition]
}
