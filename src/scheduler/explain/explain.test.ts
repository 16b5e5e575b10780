import { beforeEach, describe, expect, test } from '@jest/globals'
import type { Pod } from '../../apis/generated/core-v1.js'
import { FakeClock, SeededRandom } from '../../machinery/fake-clock.js'
import { StatusError } from '../../machinery/status-error.js'
import { silentLogger } from '../../telemetry/logger.js'
import { schedulerSettings } from '../config/settings.js'
import { FakeApi } from '../fake-api.js'
import { newNode, newPod } from '../scheduler-testing.js'
import { type ExplainDeps, explainPod } from './explain.js'
import type { Explanation } from './explanation.js'
import { explanationText } from './explanation-text.js'

let api: FakeApi
beforeEach(() => {
  api = new FakeApi()
})

async function ask(pod: Pod, more: Partial<ExplainDeps> = {}): Promise<Explanation> {
  api.addPod(pod)
  const deps = { client: api.client, clock: new FakeClock(), random: new SeededRandom(), log: silentLogger, ...more }
  const explanation = await explainPod({ namespace: 'default', name: pod.metadata.name ?? '' }, deps)
  if (!explanation) throw new Error('no such pod')
  return explanation
}
const nodeOf = ({ nodes }: Explanation, name: string) => nodes.find(({ node }) => node === name)
const linesOf = (explanation: Explanation) => explanationText(explanation).trimEnd().split('\n')

test('every filter that refuses a node is named, with its reasons', async () => {
  api.addNode(newNode('small', { cpu: '1', unschedulable: true }))
  api.addNode(newNode('fits'))
  const got = await ask(newPod('p', { cpu: '2' }))
  expect(got).toMatchObject({ pod: 'default/p', scheduler: 'default-scheduler', question: 'placement', best: ['fits'] })
  expect(nodeOf(got, 'small')).toEqual({
    node: 'small',
    fits: false,
    refusals: [
      { plugin: 'NodeUnschedulable', reasons: ['node(s) were unschedulable'] },
      { plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'] },
    ],
    scores: [],
    total: 0,
  })
})

test('a score shows what the plugin gave, what became of it, and its weight', async () => {
  const soft = { key: 'k', effect: 'PreferNoSchedule' }
  api.addNode(newNode('soft', { taints: [soft] }))
  api.addNode(newNode('free'))
  api.addPod(newPod('other', { cpu: '1', memory: '2Gi', node: 'free' }))
  const got = await ask(newPod('p', { cpu: '1', memory: '2Gi' }))
  const scores = (name: string) => Object.fromEntries(nodeOf(got, name)!.scores.map(s => [s.plugin, s]))
  expect(scores('soft').TaintToleration).toMatchObject({ raw: 1, normalized: 0, weight: 3, score: 0 })
  expect(scores('free').TaintToleration).toMatchObject({ raw: 0, normalized: 100, weight: 3, score: 300 })
  // A quarter of each is asked for: of the other node half is used then.
  expect(scores('soft').NodeResourcesFit).toMatchObject({ raw: 75, normalized: 75, weight: 1, score: 75 })
  expect(scores('free').NodeResourcesFit).toMatchObject({ raw: 50, score: 50 })
  expect(nodeOf(got, 'free')!.total).toBe(300 + 50 + 100)
  expect(got.nodes.map(({ node }) => node)).toEqual(['free', 'soft'])
  expect(linesOf(got)).toEqual(
    expect.arrayContaining([
      '2 of 2 nodes fit.',
      'free is the best.',
      'soft  175    TaintToleration                  1    0           3       0',
    ]),
  )
})

test('of a pod that has a node, the question is what would be if it came anew', async () => {
  api.addNode(newNode('n', { cpu: '2' }))
  const got = await ask(newPod('p', { cpu: '2', node: 'n' }))
  expect(got).toMatchObject({ question: 'rescheduling', boundTo: 'n', best: ['n'] })
  expect(linesOf(got).slice(0, 3)).toEqual([
    'Pod default/p is on n. This is how default-scheduler would see the nodes now, were it to be placed anew.',
    '1 of 1 nodes fit.',
    'n, where it is, is as good as any.',
  ])
})

test('where nothing fits, it says what preemption would do', async () => {
  api.addNode(newNode('n', { cpu: '2' }))
  api.addPod(newPod('lesser', { cpu: '2', node: 'n' }))
  const got = await ask(newPod('p', { cpu: '1', priority: 10 }))
  expect(got.preemption).toEqual({ node: 'n', victims: ['default/lesser'] })
  expect(linesOf(got)).toContain('Preemption would make room on n: default/lesser would go.')
})

test('room that another pod is nominated for counts as taken', async () => {
  api.addNode(newNode('n', { cpu: '2' }))
  const other = newPod('first', { cpu: '2', priority: 10 })
  api.addPod({ ...other, status: { nominatedNodeName: 'n' } })
  const got = await ask(newPod('p', { cpu: '1' }))
  expect(nodeOf(got, 'n')?.refusals).toEqual([{ plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'] }])
})

describe('what else decides is said', () => {
  test.each<{ pod: Partial<Pod['spec']>; says: string }>([
    { pod: { schedulingGates: [{ name: 'g' }] }, says: 'It is held back by scheduling gates: g.' },
    { pod: { schedulerName: 'round-robin' }, says: 'The next node in turn that fits is taken, without scores.' },
    {
      pod: { schedulerName: 'min-cost-flow' },
      says: 'min-cost-flow decides about pods that wait together; this is the pod alone.',
    },
  ])('$says', async ({ pod, says }) => {
    api.addNode(newNode('n'))
    expect((await ask(newPod('p', pod))).notes).toEqual([says])
  })

  test('that a search among many nodes ends early', async () => {
    for (let i = 0; i < 200; i++) api.addNode(newNode(`n${i}`))
    const got = await ask(newPod('p'))
    expect(got.notes).toEqual(['Of 200 nodes the scheduler scores the first 100 that fit; here are all.'])
    expect(got.nodes).toHaveLength(200)
  })
})

test('a plugin that refuses the pod outright is named', async () => {
  api.addNode(newNode('n'))
  const got = await ask(newPod('p', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'none' } }] }))
  expect(got.refused?.reasons).toEqual(['persistentvolumeclaim "none" not found'])
  expect(linesOf(got)[1]).toMatch(
    /^\w+ refuses it before any node is looked at: persistentvolumeclaim "none" not found\.$/,
  )
})

test('the profile is that of the configuration', async () => {
  api.addNode(newNode('n'))
  const settings = schedulerSettings({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    profiles: [
      { plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 7 }] } } },
    ],
  })
  const got = await ask(newPod('p', { cpu: '1', memory: '2Gi' }), { settings })
  expect(nodeOf(got, 'n')?.scores).toEqual([
    { plugin: 'NodeResourcesFit', raw: 75, normalized: 75, weight: 7, score: 525 },
  ])
})

test('extenders have their word', async () => {
  for (const name of ['a', 'b', 'c']) api.addNode(newNode(name))
  const settings = schedulerSettings({
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    extenders: [
      { urlPrefix: 'http://x', filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 2, nodeCacheCapable: true },
    ],
  })
  const post = async (_: unknown, verb: string) =>
    verb === 'filter'
      ? { NodeNames: ['a', 'b'], FailedNodes: { c: 'too far away' } }
      : [
          { Host: 'a', Score: 1 },
          { Host: 'b', Score: 5 },
        ]
  const got = await ask(newPod('p'), { settings, post })
  expect(nodeOf(got, 'c')?.refusals).toEqual([{ plugin: 'Extender', reasons: ['too far away'] }])
  expect(nodeOf(got, 'b')?.scores.at(-1)).toMatchObject({ plugin: 'Extender', score: 100 })
  expect(got.best).toEqual(['b'])
})

test('real load decides where the pod says so', async () => {
  for (const name of ['busy', 'idle']) api.addNode(newNode(name))
  const nodeUsage = async () => [{ metadata: { name: 'busy' }, usage: { cpu: '3', memory: '1Gi' } }]
  const got = await ask(newPod('p', { cpu: '1', memory: '1Gi', schedulerName: 'least-loaded' }), { nodeUsage })
  expect(got.best).toEqual(['idle'])
  expect(nodeOf(got, 'busy')?.scores).toMatchObject([{ plugin: 'LeastLoaded', raw: 0 }])
})

test('a pod of a scheduler that is not here, and a server that refuses, are errors', async () => {
  await expect(ask(newPod('p', { schedulerName: 'mine' }))).rejects.toThrow(
    'no profile is called "mine"; there are default-scheduler, least-loaded',
  )
  const refuses = Object.assign(Object.create(api.client), {
    list: async () => Promise.reject(new StatusError(403, 'Forbidden', 'nodes is forbidden')),
  })
  await expect(ask(newPod('p'), { client: refuses })).rejects.toThrow('nodes is forbidden')
})
