import { describe, expect, test } from '@jest/globals'
import { newCluster, newNode, newPod, reasonsOf, scoresOf } from '../scheduler-testing.js'
import { schedulerSettings } from './settings.js'

const config = (fields: object) => ({
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  ...fields,
})
const profiles = (...list: object[]) => schedulerSettings(config({ profiles: list })).profiles
const names = (list: readonly { name: string }[] = []) => list.map(({ name }) => name)

test('an empty configuration is the default one', () => {
  const { profiles, backoff, extenders } = schedulerSettings(config({}))
  expect(names(profiles)).toEqual(['default-scheduler'])
  expect(backoff).toEqual({ initialMs: 1000, maxMs: 10_000 })
  expect(extenders).toEqual([])
  const [profile] = profiles
  expect(profile?.scorers.map(({ plugin, weight }) => `${plugin.name} ${weight}`)).toEqual([
    'TaintToleration 3',
    'NodeAffinity 2',
    'NodeResourcesFit 1',
    'PodTopologySpread 2',
    'InterPodAffinity 2',
    'NodeResourcesBalancedAllocation 1',
    'ImageLocality 1',
  ])
  expect(profile?.preemption).toEqual({ percentage: 10, absolute: 100 })
})

describe('plugins of a profile', () => {
  const scorersOf = (plugins: object) =>
    profiles({ plugins })[0]?.scorers.map(({ plugin, weight }) => `${plugin.name} ${weight}`)
  test.each([
    {
      name: 'one point disabled, another weight',
      plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] } },
      scorers: ['NodeResourcesFit 5'],
    },
    {
      name: 'all but one disabled everywhere',
      plugins: {
        multiPoint: {
          disabled: [{ name: '*' }],
          enabled: [{ name: 'PrioritySort' }, { name: 'DefaultBinder' }, { name: 'ImageLocality', weight: 7 }],
        },
      },
      scorers: ['ImageLocality 7'],
    },
    {
      name: 'another weight in place',
      plugins: {
        multiPoint: {
          enabled: [{ name: 'TaintToleration', weight: 9 }],
          disabled: [
            { name: 'NodeAffinity' },
            { name: 'InterPodAffinity' },
            { name: 'PodTopologySpread' },
            { name: 'ImageLocality' },
          ],
        },
      },
      scorers: ['TaintToleration 9', 'NodeResourcesFit 1', 'NodeResourcesBalancedAllocation 1'],
    },
  ])('$name', ({ plugins, scorers }) => expect(scorersOf(plugins)).toEqual(scorers))

  test('a filter that is off refuses nobody, preemption that is off preempts nobody', () => {
    const [profile] = profiles({
      plugins: { filter: { disabled: [{ name: 'NodeResourcesFit' }] }, postFilter: { disabled: [{ name: '*' }] } },
    })
    expect(names(profile?.filters)).not.toContain('NodeResourcesFit')
    expect(profile?.scorers.map(({ plugin }) => plugin.name)).toContain('NodeResourcesFit')
    expect(profile?.preemption).toBeUndefined()
  })
})

describe('arguments', () => {
  const pluginOf = (name: string, args: object) => {
    const [profile] = profiles({ pluginConfig: [{ name, args }] })
    const found = [...(profile?.filters ?? []), ...(profile?.scorers ?? []).map(({ plugin }) => plugin)]
    return found.find(plugin => plugin.name === name)!
  }
  const cluster = newCluster(
    [newNode('a', { labels: { disk: 'ssd' } }), newNode('b')],
    [newPod('x', { node: 'a', cpu: '1', memory: '2Gi' })],
  )
  const pod = newPod('p', { cpu: '1', memory: '2Gi' })
  test.each([
    { type: 'LeastAllocated', scores: { a: 50, b: 75 } },
    { type: 'MostAllocated', scores: { a: 50, b: 25 } },
    {
      type: 'RequestedToCapacityRatio',
      requestedToCapacityRatio: {
        shape: [
          { utilization: 0, score: 0 },
          { utilization: 100, score: 10 },
        ],
      },
      scores: { a: 50, b: 25 },
    },
    {
      type: 'MostAllocated',
      resources: [
        { name: 'cpu', weight: 3 },
        { name: 'memory', weight: 1 },
      ],
      scores: { a: 50, b: 25 },
    },
  ])('NodeResourcesFit by $type', ({ scores, ...scoringStrategy }) => {
    expect(scoresOf(pluginOf('NodeResourcesFit', { scoringStrategy }), pod, cluster)).toEqual(scores)
  })
  test('NodeAffinity for every pod', () => {
    const matchExpressions = [{ key: 'disk', operator: 'In', values: ['ssd'] }]
    const required = { nodeSelectorTerms: [{ matchExpressions }] }
    const plugin = pluginOf('NodeAffinity', {
      addedAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required },
    })
    expect(reasonsOf(plugin, pod, cluster)).toEqual({ b: "node(s) didn't match scheduler-enforced node affinity" })
  })
  test('PodTopologySpread by default for those who say nothing', () => {
    const defaultConstraints = [
      { maxSkew: 1, topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' },
    ]
    const plugin = pluginOf('PodTopologySpread', { defaultingType: 'List', defaultConstraints })
    const labels = { app: 'web' }
    const full = newCluster([newNode('a'), newNode('b')], [newPod('x', { node: 'a', labels })])
    expect(reasonsOf(plugin, newPod('p', { labels }), full)).toEqual({
      a: "node(s) didn't match pod topology spread constraints",
    })
  })
  test('NodeResourcesFit ignores what extenders look after', () => {
    const extenders = [
      {
        urlPrefix: 'http://x',
        filterVerb: 'f',
        managedResources: [{ name: 'example.com/gpu', ignoredByScheduler: true }],
      },
    ]
    const [profile] = schedulerSettings(config({ extenders })).profiles
    const fit = profile?.filters.find(({ name }) => name === 'NodeResourcesFit')
    const resources = { requests: { 'example.com/gpu': '1' } }
    expect(reasonsOf(fit!, newPod('p', { containers: [{ name: 'c', image: 'i', resources }] }), cluster)).toEqual({})
  })
})

describe('what is refused', () => {
  const args = (name: string, given: object) => ({ profiles: [{ pluginConfig: [{ name, args: given }] }] })
  const at = 'profiles[0].pluginConfig[0].args'
  test.each([
    { given: { kind: 'Pod', apiVersion: 'v1' }, words: 'no kind "Pod" is registered for version "v1"' },
    { given: config({ profils: [] }), words: 'strict decoding error: unknown field "profils"' },
    {
      given: config(args('NodeResourcesFit', { strategy: 1 })),
      words: `strict decoding error: unknown field "${at}.strategy"`,
    },
    {
      given: config({ parallelism: -1 }),
      words: 'parallelism: Invalid value: -1: should be an integer value greater than zero',
    },
    {
      given: config({ percentageOfNodesToScore: 101 }),
      words: 'percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]',
    },
    {
      given: config({ podInitialBackoffSeconds: 0 }),
      words: 'podInitialBackoffSeconds: Invalid value: 0: must be greater than 0',
    },
    {
      given: config({ podInitialBackoffSeconds: 20 }),
      words: 'podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds',
    },
    {
      given: config({ profiles: [{ schedulerName: 'a' }, {}, { schedulerName: 'a' }] }),
      words:
        'profiles[1].schedulerName: Required value\nprofiles[2].schedulerName: Duplicate value: "profiles[0].schedulerName"',
    },
    {
      given: config(args('NodeResourcesFit', { scoringStrategy: { type: 'Best' } })),
      words: `${at}.scoringStrategy.type: Unsupported value: "Best": supported values: "LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"`,
    },
    {
      given: config(args('DefaultPreemption', { minCandidateNodesPercentage: 120 })),
      words: `${at}.minCandidateNodesPercentage: Invalid value: 120: not in valid range [0, 100]`,
    },
    {
      given: config(args('InterPodAffinity', { hardPodAffinityWeight: -1 })),
      words: `${at}.hardPodAffinityWeight: Invalid value: -1: not in valid range [0, 100]`,
    },
    {
      given: config({ extenders: [{ urlPrefix: 'http://x', prioritizeVerb: 'p' }] }),
      words: 'extenders[0].weight: Invalid value: 0: must have a positive weight applied to it',
    },
    {
      given: config({ profiles: [{ plugins: { score: { enabled: [{ name: 'Nobody' }] } } }] }),
      words:
        'initializing profiles: creating profile for scheduler name default-scheduler: ScorePlugin "Nobody" does not exist',
    },
    {
      given: config({ profiles: [{ plugins: { score: { enabled: [{ name: 'NodeName' }] } } }] }),
      words:
        'initializing profiles: creating profile for scheduler name default-scheduler: plugin "NodeName" does not extend ScorePlugin plugin',
    },
    {
      given: config({ profiles: [{ plugins: { bind: { disabled: [{ name: '*' }] } } }] }),
      words:
        'initializing profiles: creating profile for scheduler name default-scheduler: at least one bind plugin is needed for profile with scheduler name "default-scheduler"',
    },
  ])('$words', ({ given, words }) => {
    let message = ''
    try {
      schedulerSettings(given)
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toBe(words)
  })
})
