/** All kinds of policy/v1. */
import { podDisruptionBudget } from './pod-disruption-budget.js'

export { podDisruptionBudget }

export const policyV1Kinds = [podDisruptionBudget] as const
