/** All kinds of node.k8s.io/v1. */
import { runtimeClass } from './runtime-class.js'

export { runtimeClass }

export const nodeV1Kinds = [runtimeClass] as const
