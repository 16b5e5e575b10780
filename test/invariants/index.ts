/** All invariants of a cluster, one file each. */
import type { Invariant } from './invariant.js'
import { antiAffinity } from './rules/anti-affinity.js'
import { deploymentBounds } from './rules/deployment-bounds.js'
import { disruptionBudget } from './rules/disruption-budget.js'
import { generation } from './rules/generation.js'
import { hostPorts } from './rules/host-ports.js'
import { jobBounds } from './rules/job-bounds.js'
import { nodeCapacity } from './rules/node-capacity.js'
import { nodeNameOnce } from './rules/node-name-once.js'
import { oneAPlace } from './rules/one-a-place.js'
import { oneController } from './rules/one-controller.js'
import { oneCopy } from './rules/one-copy.js'
import { podsMade } from './rules/pods-made.js'
import { settledStatus } from './rules/settled-status.js'
import { spread } from './rules/spread.js'
import { statefulSetOrder } from './rules/stateful-set-order.js'
import { taintsAtBinding } from './rules/taints.js'
import { terminalPhases } from './rules/terminal-phases.js'

export const invariants: readonly Invariant[] = [
  oneController,
  nodeNameOnce,
  terminalPhases,
  generation,
  podsMade,
  deploymentBounds,
  oneAPlace,
  oneCopy,
  statefulSetOrder,
  jobBounds,
  nodeCapacity,
  hostPorts,
  taintsAtBinding,
  antiAffinity,
  spread,
  disruptionBudget,
  settledStatus,
]
