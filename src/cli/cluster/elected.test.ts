import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Client } from '../../client/client.js'
import { kinds } from '../../client/kinds.js'
import { startTestCluster, type TestCluster } from '../../controllers/testing/cluster.js'
import { SeededRandom, settle } from '../../machinery/fake-clock.js'
import { serviceUnavailable } from '../../machinery/status-error.js'
import { silentLogger as log } from '../../telemetry/logger.js'
import { startElected } from './elected.js'

let cluster: TestCluster
const stops: (() => Promise<void>)[] = []
beforeEach(async () => {
  cluster = await startTestCluster()
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map(stop => stop()))
  await settle()
  await cluster.stop()
})

const names = ['kube-controller-manager', 'kube-scheduler']

/** A process with two parts; `working` has what works now, as `process/part`. */
function process(id: string, working: Set<string>, client: Client = cluster.admin) {
  const parts = names.map(lease => ({
    ...{ lease, client },
    start(fence: (client: Client) => Client) {
      working.add(`${id}/${lease}`)
      fences.set(id, fence(cluster.admin))
      return { stop: () => void working.delete(`${id}/${lease}`) }
    },
  }))
  const { stop } = startElected(parts, { clock: cluster.clock, random: new SeededRandom(id.length), log })
  stops.push(stop)
  return stop
}
const fences = new Map<string, Client>()

test('of two processes one works; the other goes on at once when it stops', async () => {
  const working = new Set<string>()
  const stop = process('a', working)
  await cluster.run(100)
  process('bb', working)
  await cluster.run(60_000)
  expect([...working].sort()).toEqual(names.map(name => `a/${name}`))
  await stop()
  await cluster.run(5_000)
  expect([...working].sort()).toEqual(names.map(name => `bb/${name}`))
})

test('who is cut off stops, writes nothing more, and stands by again', async () => {
  const working = new Set<string>()
  let cut = false
  const flaky: Client = {
    ...cluster.admin,
    get: (kind, key) => (cut ? Promise.reject(serviceUnavailable('cut off')) : cluster.admin.get(kind, key)),
  }
  process('a', working, flaky)
  await cluster.run(100)
  const stop = process('bb', working)
  cut = true
  await cluster.run(40_000)
  expect([...working].sort()).toEqual(names.map(name => `bb/${name}`))
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'late' }, spec: {} }
  await expect(fences.get('a')!.create(kinds.namespace, namespace)).rejects.toThrow('no longer held')
  cut = false
  await stop()
  await cluster.run(10_000)
  expect([...working].sort()).toEqual(names.map(name => `a/${name}`))
})
