/** All kinds of scheduling.k8s.io/v1. */
import { priorityClass, systemPriorityClasses } from './priority-class.js'

export { priorityClass, systemPriorityClasses }

export const schedulingV1Kinds = [priorityClass] as const
