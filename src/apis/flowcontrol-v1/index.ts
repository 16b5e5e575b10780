/** All kinds of flowcontrol.apiserver.k8s.io/v1. */
import { flowSchema } from './flow-schema.js'
import { priorityLevelConfiguration } from './priority-level-configuration.js'

export { flowSchema, priorityLevelConfiguration }

export const flowcontrolV1Kinds = [flowSchema, priorityLevelConfiguration] as const
