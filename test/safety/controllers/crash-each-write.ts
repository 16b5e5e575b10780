/** Kills controllers after writes of theirs, begins them anew, and compares what comes out with what an undisturbed run leaves. */
import type { Client } from '../../../src/client/client.js'
import { startTestCluster } from '../../../src/controllers/testing/cluster.js'
import { attachToWrites } from '../../invariants/attach-writes.js'
import { endState } from './end-state.js'
import type { LateEyes } from './lagging.js'
import { Lives, type Write } from './mortal.js'
import { brokenByPlayers, type Scenario } from './scenario.js'

/** After which write of the scenario's controllers they are killed: one of them, counted from 0, or each. */
export type Kill = 'never' | 'each' | number

export interface Outcome {
  state: readonly string[]
  /** How often each resource was created and deleted, by whomever: `created pods × 3`. */
  counts: readonly string[]
  /** Of the scenario's controllers. */
  writes: readonly Write[]
  deaths: number
  /** Their updates that changed nothing: an idle controller should be silent. */
  idle: readonly string[]
  /** What was against the invariants on the way, and, unless somebody is late, in the end. */
  violations: readonly string[]
}

/** Long enough for what is under way to be finished and seen. */
const settleMs = 5_000
/** Resources that the store keeps under another name, as etcd does. */
const storedAs: Record<string, string> = { nodes: 'minions', replicationcontrollers: 'controllers' }
const passing = /^\/registry\/(events|leases|masterleases)\//

const resourceOf = (key: string) => key.slice('/registry/'.length).split('/').slice(0, -1).join('/')

/** With `eyes` the controllers see late. */
export async function play(scenario: Scenario, kill: Kill, eyes?: LateEyes): Promise<Outcome> {
  const accounts = new Set(scenario.accounts)
  const writes: Write[] = []
  const lives = new Lives({
    dies(write) {
      if (!accounts.has(write.account)) return false
      const count = writes.push(write) - 1
      return kill === 'each' || kill === count
    },
    replace: () => cluster.replaceControllers(),
    changesOf: resource => changes.get(storedAs[resource] ?? resource) ?? 0,
  })
  const changes = new Map<string, number>()
  const { wrapClient = (client: Client) => client, ...options } = scenario.options?.() ?? {}
  const cluster = await startTestCluster({
    ...options,
    wrapClient(client, account) {
      const own = wrapClient(client, account)
      return lives.client(eyes?.acting(own, account) ?? own, account)
    },
    wrapReader: client => lives.client(eyes?.reader(client) ?? client, 'kube-controller-manager'),
  })
  const observer = eyes?.open(cluster) ?? attachToWrites(cluster, { except: brokenByPlayers })
  const counts = new Map<string, number>()
  cluster.onWrite(({ type, key, previous }) => {
    for (const part of key.split('/')) changes.set(part, (changes.get(part) ?? 0) + 1)
    if (passing.test(key) || (type === 'put' && previous)) return
    const what = `${type === 'put' ? 'created' : 'deleted'} ${resourceOf(key)}`
    counts.set(what, (counts.get(what) ?? 0) + 1)
  })
  try {
    await scenario.play(cluster)
    await cluster.run(settleMs)
    return {
      state: await endState(cluster.admin),
      counts: [...counts].map(([what, count]) => `${what} × ${count}`).sort(),
      writes,
      deaths: lives.deaths,
      violations: [...observer.violations, ...observer.atRest(cluster.clock.now())],
      idle: lives.idle.filter(w => accounts.has(w.account)).map(w => `${w.account} ${w.verb} ${w.resource}`),
    }
  } finally {
    await cluster.stop()
  }
}

/** What differs, line by line: `- ` what the undisturbed run has, `+ ` what the other. */
export function differences(undisturbed: Outcome, other: Outcome): string[] {
  const without = (from: readonly string[], taken: readonly string[]) => {
    const left = [...taken]
    return from.filter(line => {
      const at = left.indexOf(line)
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
  }
  const both = (outcome: Outcome) => [...outcome.counts, ...outcome.state]
  return [
    ...without(both(undisturbed), both(other)).map(line => `- ${line}`),
    ...without(both(other), both(undisturbed)).map(line => `+ ${line}`),
  ]
}
