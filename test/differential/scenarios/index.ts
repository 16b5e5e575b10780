/** All scenarios that suit any kind, and those of a few. */
import { creations, naming, updates, variants } from './objects.js'
import { applies, patches } from './patches.js'
import { protocol } from './protocol.js'
import { deletions, lists, watches } from './reading.js'
import type { Scenario } from './stage.js'
import { subresourceScenarios } from './subresources.js'

export const scenarios: readonly Scenario[] = [
  creations,
  variants,
  updates,
  naming,
  patches,
  applies,
  lists,
  watches,
  deletions,
  protocol,
  ...subresourceScenarios,
]
