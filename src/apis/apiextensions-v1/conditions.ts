/** Conditions of CustomResourceDefinitions. */
import { formatTime } from '../../machinery/clock.js'
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../generated/apiextensions-v1.js'

type DefinitionConditionType =
  | 'Established'
  | 'NamesAccepted'
  | 'NonStructuralSchema'
  | 'Terminating'
  | 'KubernetesAPIApprovalPolicyConformant'

export const findCondition = ({ status }: CustomResourceDefinition, type: DefinitionConditionType) =>
  status?.conditions?.find(condition => condition.type === type)

export const isConditionTrue = (definition: CustomResourceDefinition, type: DefinitionConditionType): boolean =>
  findCondition(definition, type)?.status === 'True'

/** True when nothing but the time could differ. */
export const sameCondition = (
  a: CustomResourceDefinitionCondition | undefined,
  b: CustomResourceDefinitionCondition | undefined,
): boolean => a?.status === b?.status && a?.reason === b?.reason && a?.message === b?.message

/** Changes `definition`, a copy. The time of the transition is `now`, in milliseconds, if the status changes. */
export function setCondition(
  definition: CustomResourceDefinition,
  condition: CustomResourceDefinitionCondition,
  now: number,
): void {
  const status = (definition.status ??= {})
  const conditions = (status.conditions ??= [])
  const existing = conditions.find(({ type }) => type === condition.type)
  const time = formatTime(now)
  if (!existing) conditions.push({ ...condition, lastTransitionTime: condition.lastTransitionTime ?? time })
  else {
    const changed = existing.status !== condition.status || !existing.lastTransitionTime
    Object.assign(existing, condition, { lastTransitionTime: changed ? time : existing.lastTransitionTime })
  }
}
