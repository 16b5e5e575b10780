/** All kinds of policy/v1. Eviction has no resource of its own: it is what `pods/eviction` takes. */
import { eviction } from './eviction.js'
import { podDisruptionBudget } from './pod-disruption-budget.js'

export { eviction, podDisruptionBudget }

export const policyV1Kinds = [podDisruptionBudget] as const
