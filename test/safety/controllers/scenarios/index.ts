/** All of them: every controller has its part in one at least. */
import type { Scenario } from '../scenario.js'
import { accounts } from './accounts.js'
import { devices } from './devices.js'
import { jobs } from './jobs.js'
import { network } from './network.js'
import { nodes } from './nodes.js'
import { oldTokens } from './old-tokens.js'
import { policy } from './policy.js'
import { storage } from './storage.js'
import { workloads } from './workloads.js'

export const scenarios: readonly Scenario[] = [
  ...workloads,
  ...jobs,
  ...network,
  ...storage,
  ...devices,
  ...accounts,
  ...oldTokens,
  ...nodes,
  ...policy,
]
