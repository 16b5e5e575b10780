/** All kinds of coordination.k8s.io/v1. */
import { lease } from './lease.js'

export { lease }

export const coordinationV1Kinds = [lease] as const
