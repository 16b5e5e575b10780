/** All kinds that both servers serve by default. */
import { clusterTemplates } from './cluster.js'
import { coreTemplates } from './core.js'
import { extensionTemplates } from './extension.js'
import { podTemplates } from './pods.js'
import { reviewTemplates } from './reviews.js'
import type { Template } from './template.js'

export const templates: readonly Template[] = [
  ...podTemplates,
  ...coreTemplates,
  ...clusterTemplates,
  ...extensionTemplates,
  ...reviewTemplates,
]
