/**
 * A whole cluster as users start one, all parts running (API server, controllers, scheduler, two simulated nodes), with its clock faked:
 * idle, it writes nothing but leases, and each node's status every five minutes, as upstream's do.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import { kinds, startCluster, type TestCluster } from '../../src/embedding/index.js'
import type { KindRef } from '../../src/machinery/kind.js'

const idleMs = 660_000
const stepMs = 1_000
const labels = { app: 'web' }

let cluster: TestCluster
beforeAll(() => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
})
afterAll(async () => {
  jest.useRealTimers()
  await cluster?.stop()
})

/** Time goes on, and what waits for the disk is done. */
async function step(): Promise<void> {
  await jest.advanceTimersByTimeAsync(stepMs)
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve))
}

/** Moves the time on until that has come about. */
async function meanwhile<T>(work: Promise<T>): Promise<T> {
  let isOver = false
  void work.finally(() => {
    isOver = true
  })
  while (!isOver) await step()
  return work
}

/** Tells of every write of that kind from now on. */
async function follow(kind: KindRef, written: (object: { metadata: { name?: string } }) => void): Promise<void> {
  const { metadata } = await cluster.client.list(kind)
  const options = { resourceVersion: metadata.resourceVersion ?? '' }
  const events = await cluster.client.watch(kind, options, new AbortController().signal)
  void (async () => {
    for await (const { object } of events) written(object)
  })()
}

test('a whole cluster that is idle writes leases and node statuses', async () => {
  cluster = await meanwhile(startCluster({ runtime: 'sim', nodes: 2 }))
  await meanwhile(cluster.nodesReady)
  await cluster.client.create(kinds.deployment, {
    ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' } },
    spec: {
      ...{ replicas: 3, selector: { matchLabels: labels }, strategy: {} },
      template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'one' }] } },
    },
  })
  await cluster.client.create(kinds.service, {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' } },
    spec: { selector: labels, ports: [{ port: 80 }] },
  })
  const web = { namespace: 'default', name: 'web' }
  while ((await cluster.client.get(kinds.deployment, web)).status?.availableReplicas !== 3) await step()
  for (let n = 0; n < 30; n++) await step()

  const writes = new Map<string, number>()
  const followed = (await cluster.client.resources()).filter(({ verbs }) => verbs.includes('watch'))
  for (const kind of followed)
    await follow(kind, ({ metadata }) => {
      const what = `${kind.names.plural} ${metadata.name}`
      writes.set(what, (writes.get(what) ?? 0) + 1)
    })
  for (let left = idleMs; left > 0; left -= stepMs) await step()
  const others = [...writes].filter(([what]) => !what.startsWith('leases ')).sort()
  expect(others).toEqual([
    ['nodes node-1', 2],
    ['nodes node-2', 2],
  ])
  expect(writes.get('leases node-1')).toBeGreaterThan(60)
}, 60_000)
