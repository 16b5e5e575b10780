import { describe, expect, test } from '@jest/globals'
import { newInformerFactory } from '../../client/informer-factory.js'
import { FakeClock, SeededRandom, settle } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import { FakeApi } from '../fake-api.js'
import { type SchedulerDeps, startScheduler } from '../scheduler.js'
import { newNode, newPod } from '../scheduler-testing.js'
import { FlowNetwork } from './flow-network.js'

async function run(
  play: (api: FakeApi, settled: () => Promise<void>) => Promise<void>,
  parts: Partial<SchedulerDeps> = {},
) {
  const api = new FakeApi()
  const clock = new FakeClock()
  const shared = { client: api.client, clock, random: new SeededRandom(), log: silentLogger }
  const informers = newInformerFactory(shared)
  const scheduler = startScheduler({ ...shared, informers, metrics: newMetricRegistry(), ...parts })
  informers.start()
  const settled = async () => {
    for (let i = 0; i < 5; i++) await settle()
    await clock.advance(60)
    for (let i = 0; i < 5; i++) await settle()
  }
  await settled()
  await play(api, settled)
  scheduler.stop()
  informers.stop()
}
const nodesOf = (api: FakeApi, names: string[]) => names.map(name => api.pod(name)?.spec.nodeName)

test('round-robin takes one node after the other, those that are full left out', () =>
  run(async (api, settled) => {
    for (const name of ['a', 'b', 'c']) api.addNode(newNode(name, name === 'b' ? { pods: '1' } : {}))
    await settled()
    const names = ['p', 'q', 'r', 's', 't']
    for (const name of names) {
      api.addPod(newPod(name, { schedulerName: 'round-robin' }))
      await settled()
    }
    expect(nodesOf(api, names)).toEqual(['a', 'b', 'c', 'a', 'c'])
  }))

test('bin-packing fills the fullest node that still has room', () =>
  run(async (api, settled) => {
    for (const name of ['a', 'b']) api.addNode(newNode(name))
    api.addPod(newPod('x', { node: 'b', cpu: '1', memory: '1Gi' }))
    const names = ['p', 'q', 'r', 's']
    for (const name of names) api.addPod(newPod(name, { schedulerName: 'bin-packing', cpu: '1', memory: '1Gi' }))
    await settled()
    expect(nodesOf(api, names)).toEqual(['b', 'b', 'b', 'a'])
  }))

test('least-loaded goes by what was measured, and counts pods that came since', () => {
  const usage = (name: string, cpu: string) => ({ metadata: { name }, usage: { cpu, memory: '1Gi' } })
  const parts = { nodeUsage: async () => [usage('a', '3'), usage('b', '1500m')] }
  return run(async (api, settled) => {
    for (const name of ['a', 'b']) api.addNode(newNode(name))
    // By requests `b` is the fuller one.
    api.addPod(newPod('x', { node: 'b', cpu: '3' }))
    api.addPod(newPod('first', { schedulerName: 'least-loaded', cpu: '100m' }))
    await settled()
    api.addPod(newPod('p', { schedulerName: 'least-loaded', cpu: '1' }))
    await settled()
    api.addPod(newPod('q', { schedulerName: 'least-loaded', cpu: '800m' }))
    await settled()
    expect(nodesOf(api, ['p'])).toEqual(['b'])
    // `b` has no room left by requests, whatever it uses.
    expect(nodesOf(api, ['q'])).toEqual(['a'])
  }, parts)
})

test('dominant-resource places what takes most first, so that all find room', () =>
  run(async (api, settled) => {
    for (const name of ['a', 'b']) api.addNode(newNode(name, { cpu: '4', memory: '8Gi' }))
    const shapes: Record<string, { cpu?: string; memory?: string }> = {
      small1: { cpu: '1' },
      small2: { cpu: '1' },
      large1: { cpu: '3' },
      large2: { memory: '7Gi', cpu: '1' },
    }
    for (const [name, shape] of Object.entries(shapes))
      api.addPod(newPod(name, { schedulerName: 'dominant-resource', ...shape }))
    await settled()
    expect(nodesOf(api, ['large2', 'large1', 'small1', 'small2'])).toEqual(['a', 'a', 'b', 'b'])
  }))

describe('min-cost-flow', () => {
  test('places all where taking the best for each in turn would leave one over', () =>
    run(async (api, settled) => {
      api.addNode(newNode('any', { cpu: '1', labels: { disk: 'ssd' } }))
      api.addNode(newNode('plain', { cpu: '1' }))
      const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] }
      const likes = { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference }] } }
      api.addPod(newPod('likes', { schedulerName: 'min-cost-flow', cpu: '1', affinity: likes }))
      api.addPod(newPod('needs', { schedulerName: 'min-cost-flow', cpu: '1', nodeSelector: { disk: 'ssd' } }))
      await settled()
      expect(nodesOf(api, ['likes', 'needs'])).toEqual(['plain', 'any'])
    }))
  test('evens out what is alike', () =>
    run(async (api, settled) => {
      for (const name of ['a', 'b', 'c']) api.addNode(newNode(name))
      const names = Array.from({ length: 9 }, (_, i) => `p${i}`)
      for (const name of names) api.addPod(newPod(name, { schedulerName: 'min-cost-flow', cpu: '500m' }))
      await settled()
      const placed = nodesOf(api, names)
      expect(['a', 'b', 'c'].map(node => placed.filter(each => each === node).length)).toEqual([3, 3, 3])
    }))
  test('what fits nowhere is told why', () =>
    run(async (api, settled) => {
      api.addNode(newNode('a', { cpu: '1' }))
      api.addPod(newPod('p', { schedulerName: 'min-cost-flow', cpu: '2' }))
      await settled()
      expect(api.events.map(({ message }) => message)[0]).toMatch(/^0\/1 nodes are available: 1 Insufficient cpu\./)
    }))
})

test('a pod of a batch that goes before its turn is forgotten', () =>
  run(async (api, settled) => {
    api.addNode(newNode('a'))
    api.addPod(newPod('p', { schedulerName: 'dominant-resource' }))
    await settle()
    api.remove('pods', { namespace: 'default', name: 'p' })
    await settled()
    expect(api.events).toEqual([])
  }))

test('the cheapest of the largest flows', () => {
  const network = new FlowNetwork()
  const [source, a, b, sink] = [network.vertex(), network.vertex(), network.vertex(), network.vertex()]
  const cheap = network.arc(source, a, { capacity: 2, cost: 1 })
  const dear = network.arc(source, b, { capacity: 2, cost: 5 })
  network.arc(a, sink, { capacity: 1, cost: 0 })
  const across = network.arc(a, b, { capacity: 1, cost: 1 })
  network.arc(b, sink, { capacity: 2, cost: 0 })
  expect(network.solve(source, sink)).toEqual({ flow: 3, cost: 1 + 2 + 5 })
  expect([cheap, dear, across].map(arc => network.flowOn(arc))).toEqual([2, 1, 1])
})

test('extenders refuse, prefer and bind', async () => {
  const calls: string[] = []
  const extender = {
    urlPrefix: 'http://extender',
    filterVerb: 'filter',
    prioritizeVerb: 'score',
    bindVerb: 'bind',
    weight: 10,
    nodeCacheCapable: true,
  }
  const { schedulerSettings } = await import('../config/settings.js')
  const settings = schedulerSettings({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    extenders: [extender],
  })
  const post: SchedulerDeps['post'] = async (_, verb, body) => {
    const { Pod, NodeNames, Node } = body as { Pod: { metadata: { name: string } }; NodeNames: string[]; Node: string }
    calls.push(`${verb} ${Pod?.metadata.name ?? ''}${NodeNames ?? Node}`)
    if (verb === 'filter' && Pod.metadata.name === 'refused')
      return { NodeNames: [], FailedNodes: Object.fromEntries(NodeNames.map(name => [name, 'not today'])) }
    if (verb === 'filter') return { nodenames: NodeNames.filter(name => name !== 'a') }
    return verb === 'score'
      ? [
          { Host: 'b', Score: 1 },
          { Host: 'c', Score: 9 },
        ]
      : {}
  }
  await run(
    async (api, settled) => {
      for (const name of ['a', 'b', 'c']) api.addNode(newNode(name))
      await settled()
      api.addPod(newPod('p'))
      await settled()
      expect(calls.map(call => call.split(' ')[0])).toEqual(['filter', 'score', 'bind'])
      expect(calls[2]).toBe('bind c')
      api.addPod(newPod('refused'))
      await settled()
      expect(api.events.at(-1)?.message).toMatch(/^0\/3 nodes are available: 3 not today\./)
    },
    { settings, post },
  )
})
