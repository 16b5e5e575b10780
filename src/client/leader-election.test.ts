import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { lease as leaseKind } from '../apis/coordination-v1/index.js'
import { startTestCluster, type TestCluster } from '../controllers/testing/cluster.js'
import { SeededRandom, settle } from '../machinery/fake-clock.js'
import { serviceUnavailable } from '../machinery/status-error.js'
import { silentLogger as log } from '../telemetry/logger.js'
import type { Client } from './client.js'
import { runWithLease } from './leader-election.js'

let cluster: TestCluster
const stops: AbortController[] = []
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(async () => {
  for (const stop of stops.splice(0)) stop.abort()
  await settle()
  await cluster.stop()
})

const lease = { namespace: 'kube-system', name: 'test' }

/** Who leads, as it changes. */
function candidate(identity: string, leaders: Set<string>, client: Client = cluster.admin): AbortController {
  const stop = new AbortController()
  stops.push(stop)
  const lead = (signal: AbortSignal) => {
    leaders.add(identity)
    signal.addEventListener('abort', () => leaders.delete(identity))
  }
  const deps = { client, clock: cluster.clock, random: new SeededRandom(identity.length), log, signal: stop.signal }
  void runWithLease({ lease, identity }, lead, deps)
  return stop
}

test('one of several leads; the next takes over at once when it steps down', async () => {
  const leaders = new Set<string>()
  const first = candidate('a', leaders)
  await cluster.run(100)
  candidate('bb', leaders)
  await cluster.run(60_000)
  expect([...leaders]).toEqual(['a'])
  first.abort()
  await cluster.run(5_000)
  expect([...leaders]).toEqual(['bb'])
  const { spec } = await cluster.admin.get(leaseKind, lease)
  expect(spec).toMatchObject({ holderIdentity: 'bb', leaseTransitions: 1, leaseDurationSeconds: 15 })
})

test('a leader that cannot renew stops before another begins', async () => {
  const leaders = new Set<string>()
  let cut = false
  const flaky: Client = {
    ...cluster.admin,
    get: (kind, key) => (cut ? Promise.reject(serviceUnavailable('cut off')) : cluster.admin.get(kind, key)),
  }
  candidate('a', leaders, flaky)
  await cluster.run(100)
  candidate('bb', leaders)
  await cluster.run(10_000)
  cut = true
  const most: number[] = []
  for (let second = 0; second < 30; second++) {
    await cluster.run(1_000)
    most.push(leaders.size)
  }
  expect(Math.max(...most)).toBe(1)
  expect(most).toContain(0)
  expect([...leaders]).toEqual(['bb'])
})
