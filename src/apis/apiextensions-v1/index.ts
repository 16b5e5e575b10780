/** All kinds of apiextensions.k8s.io/v1. */
import { customResourceDefinition } from './custom-resource-definition.js'

export { customResourceDefinition }

export const apiExtensionsV1Kinds = [customResourceDefinition] as const
