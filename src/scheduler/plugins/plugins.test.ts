import { describe, expect, test } from '@jest/globals'
import { newPodInfo } from '../pod-info.js'
import { newCluster, newNode, newPod, reasonsOf, scoresOf } from '../scheduler-testing.js'
import { newBalancedAllocation } from './balanced-allocation.js'
import { newInterPodAffinity } from './inter-pod-affinity.js'
import { newNodeAffinity } from './node-affinity.js'
import { nodeName } from './node-name.js'
import { nodePorts } from './node-ports.js'
import { newNodeResourcesFit } from './node-resources-fit.js'
import { nodeUnschedulable } from './node-unschedulable.js'
import { newPodTopologySpread } from './pod-topology-spread.js'
import { taintToleration } from './taint-toleration.js'

const zones = [
  newNode('a', { labels: { zone: 'east', disk: 'ssd' } }),
  newNode('b', { labels: { zone: 'east' } }),
  newNode('c', { labels: { zone: 'west' } }),
]
const web = { app: 'web' }
const webTerm = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: web } })

describe('NodeResourcesFit', () => {
  const cluster = newCluster(
    [newNode('small', { cpu: '1', memory: '1Gi' }), newNode('big', { cpu: '8' }), newNode('full', { pods: '1' })],
    [newPod('x', { node: 'small', cpu: '600m' }), newPod('y', { node: 'full' })],
  )
  test.each([
    { name: 'what fits', pod: newPod('p', { cpu: '400m' }), reasons: { full: 'Too many pods' } },
    {
      name: 'CPU that is taken',
      pod: newPod('p', { cpu: '500m' }),
      reasons: { small: 'Insufficient cpu', full: 'Too many pods' },
    },
    {
      name: 'CPU and memory',
      pod: newPod('p', { cpu: '500m', memory: '2Gi' }),
      reasons: { small: 'Insufficient cpu, Insufficient memory', full: 'Too many pods' },
    },
    { name: 'nothing', pod: newPod('p'), reasons: { full: 'Too many pods' } },
    {
      name: 'a device no node has',
      pod: newPod('p', {
        containers: [{ name: 'c', image: 'i', resources: { requests: { 'example.com/gpu': '1' } } }],
      }),
      reasons: {
        small: 'Insufficient example.com/gpu',
        big: 'Insufficient example.com/gpu',
        full: 'Too many pods, Insufficient example.com/gpu',
      },
    },
  ])('pods that request $name', ({ pod, reasons }) => {
    expect(reasonsOf(newNodeResourcesFit(), pod, cluster)).toEqual(reasons)
  })
  test('more than the empty node has cannot be resolved by preemption', () => {
    const cluster = newCluster([newNode('n', { cpu: '1' })])
    const filter = newNodeResourcesFit().filter?.(newPodInfo(newPod('p', { cpu: '2' })), cluster)
    if (!filter || 'refused' in filter) throw new Error('a filter expected')
    expect(filter.check(cluster.cache.nodeList()[0]!)?.unresolvable).toBe(true)
  })
  test('the emptier node scores better', () => {
    // 4 CPUs and 8 Gi: the other pod and the new one take 1 of each on `a`.
    const two = newCluster([newNode('a'), newNode('b')], [newPod('x', { node: 'a', cpu: '1', memory: '2Gi' })])
    expect(scoresOf(newNodeResourcesFit(), newPod('p', { cpu: '1', memory: '2Gi' }), two)).toEqual({ a: 50, b: 75 })
  })
  test('pods that say nothing count as 100m and 200Mi', () => {
    const two = newCluster([newNode('a', { cpu: '1', memory: '1000Mi' }), newNode('b')], [newPod('x', { node: 'a' })])
    expect(scoresOf(newNodeResourcesFit(), newPod('p'), two).a).toBe(70)
  })
})

test('NodeResourcesBalancedAllocation prefers even use', () => {
  const cluster = newCluster([newNode('a'), newNode('b', { cpu: '8' })])
  expect(scoresOf(newBalancedAllocation(), newPod('p', { cpu: '2', memory: '4Gi' }), cluster)).toEqual({
    a: 100,
    b: 87,
  })
  expect(scoresOf(newBalancedAllocation(), newPod('p'), cluster)).toEqual({})
})

describe('TaintToleration', () => {
  const cluster = newCluster([
    newNode('free'),
    newNode('hard', { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] }),
    newNode('soft', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
  ])
  test.each([
    { name: 'none', tolerations: undefined, reasons: { hard: 'node(s) had untolerated taint(s)' } },
    { name: 'the very taint', tolerations: [{ key: 'k', value: 'v' }], reasons: {} },
    { name: 'everything', tolerations: [{ operator: 'Exists' }], reasons: {} },
    {
      name: 'another value',
      tolerations: [{ key: 'k', value: 'w' }],
      reasons: { hard: 'node(s) had untolerated taint(s)' },
    },
  ])('a pod that tolerates $name', ({ tolerations, reasons }) => {
    expect(reasonsOf(taintToleration, newPod('p', { tolerations }), cluster)).toEqual(reasons)
  })
  test('soft taints count against a node', () => {
    expect(scoresOf(taintToleration, newPod('p'), cluster)).toEqual({ free: 100, hard: 100, soft: 0 })
  })
})

test('NodeUnschedulable turns away from cordoned nodes', () => {
  const cluster = newCluster([newNode('a', { unschedulable: true }), newNode('b')])
  expect(reasonsOf(nodeUnschedulable, newPod('p'), cluster)).toEqual({ a: 'node(s) were unschedulable' })
  const tolerant = newPod('p', { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] })
  expect(reasonsOf(nodeUnschedulable, tolerant, cluster)).toEqual({})
})

test('NodeName keeps to the named node', () => {
  expect(reasonsOf(nodeName, newPod('p', { nodeName: 'a' }), newCluster(zones))).toEqual({
    b: "node(s) didn't match the requested node name",
    c: "node(s) didn't match the requested node name",
  })
})

test('NodePorts lets one pod have a port', () => {
  const cluster = newCluster(zones, [newPod('x', { node: 'a', hostPort: 80 })])
  expect(reasonsOf(nodePorts, newPod('p', { hostPort: 80 }), cluster)).toEqual({
    a: "node(s) didn't have free ports for the requested pod ports",
  })
  expect(reasonsOf(nodePorts, newPod('p', { hostPort: 81 }), cluster)).toEqual({})
})

describe('NodeAffinity', () => {
  const mismatch = "node(s) didn't match Pod's node affinity/selector"
  const inZone = (values: string[]) => ({
    nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator: 'In', values }] }],
  })
  const named = (...names: string[]) => ({
    nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: names }] }],
  })
  const required = (selector: ReturnType<typeof inZone> | ReturnType<typeof named>) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: selector } },
  })
  test.each([
    { name: 'a selector', spec: { nodeSelector: { disk: 'ssd' } }, reasons: { b: mismatch, c: mismatch } },
    { name: 'a required term', spec: required(inZone(['west'])), reasons: { a: mismatch, b: mismatch } },
    { name: 'a name', spec: required(named('b')), reasons: { a: mismatch, c: mismatch } },
  ])('by $name', ({ spec, reasons }) => {
    expect(reasonsOf(newNodeAffinity(), newPod('p', spec), newCluster(zones))).toEqual(reasons)
  })
  test('preferred terms score', () => {
    const preference = { matchExpressions: [{ key: 'zone', operator: 'In', values: ['west'] }] }
    const affinity = {
      nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 5, preference }] },
    }
    expect(scoresOf(newNodeAffinity(), newPod('p', { affinity }), newCluster(zones))).toEqual({ a: 0, b: 0, c: 100 })
  })
})

describe('InterPodAffinity', () => {
  const there = [newPod('x', { node: 'a', labels: web })]
  const affinity = (topologyKey: string) => ({
    affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [webTerm(topologyKey)] } },
  })
  const antiAffinity = (topologyKey: string) => ({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [webTerm(topologyKey)] } },
  })
  test.each([
    {
      name: 'beside others in the zone',
      pod: newPod('p', affinity('zone')),
      existing: there,
      reasons: { c: "node(s) didn't match pod affinity rules" },
    },
    {
      name: 'beside nobody there is',
      pod: newPod('p', affinity('zone')),
      existing: [],
      reasons: Object.fromEntries(zones.map(n => [n.metadata.name, "node(s) didn't match pod affinity rules"])),
    },
    {
      name: 'beside its own kind, as the first',
      pod: newPod('p', { ...affinity('zone'), labels: web }),
      existing: [],
      reasons: {},
    },
    {
      name: 'away from others in the zone',
      pod: newPod('p', antiAffinity('zone')),
      existing: there,
      reasons: {
        a: "node(s) didn't match pod anti-affinity rules",
        b: "node(s) didn't match pod anti-affinity rules",
      },
    },
    {
      name: 'where another wants to be alone',
      pod: newPod('p', { labels: web }),
      existing: [newPod('x', { node: 'c', ...antiAffinity('kubernetes.io/hostname') })],
      reasons: { c: "node(s) didn't satisfy existing pods anti-affinity rules" },
    },
    {
      name: 'away from pods of another namespace only',
      pod: newPod('p', { ...antiAffinity('zone'), namespace: 'other' }),
      existing: there,
      reasons: {},
    },
  ])('a pod that goes $name', ({ pod, existing, reasons }) => {
    expect(reasonsOf(newInterPodAffinity(), pod, newCluster(zones, existing))).toEqual(reasons)
  })
  test('preferred terms score, both ways', () => {
    const preferred = {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, podAffinityTerm: webTerm('zone') }],
    }
    const cluster = newCluster(zones, there)
    expect(scoresOf(newInterPodAffinity(), newPod('p', { affinity: { podAffinity: preferred } }), cluster)).toEqual({
      a: 100,
      b: 100,
      c: 0,
    })
    expect(scoresOf(newInterPodAffinity(), newPod('p', { affinity: { podAntiAffinity: preferred } }), cluster)).toEqual(
      {
        a: 0,
        b: 0,
        c: 100,
      },
    )
  })
})

describe('PodTopologySpread', () => {
  const constraint = (whenUnsatisfiable: string, extra: object = {}) => ({
    labels: web,
    topologySpreadConstraints: [
      { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable, labelSelector: { matchLabels: web }, ...extra },
    ],
  })
  const skewed = "node(s) didn't match pod topology spread constraints"
  const there = [newPod('x', { node: 'a', labels: web })]
  test.each([
    {
      name: 'the fuller zone is out',
      pod: newPod('p', constraint('DoNotSchedule')),
      nodes: zones,
      reasons: { a: skewed, b: skewed },
    },
    {
      name: 'nodes without the label are out',
      pod: newPod('p', constraint('DoNotSchedule')),
      nodes: [...zones, newNode('d')],
      reasons: { a: skewed, b: skewed, d: `${skewed} (missing required label)` },
    },
    {
      name: 'too few domains leave no room',
      pod: newPod('p', constraint('DoNotSchedule', { minDomains: 3 })),
      nodes: zones,
      reasons: { a: skewed, b: skewed },
    },
    {
      name: 'soft constraints keep nobody out',
      pod: newPod('p', constraint('ScheduleAnyway')),
      nodes: zones,
      reasons: {},
    },
  ])('$name', ({ pod, nodes, reasons }) => {
    expect(reasonsOf(newPodTopologySpread(), pod, newCluster(nodes, there))).toEqual(reasons)
  })
  test('soft constraints score, and so do the defaults', () => {
    const cluster = newCluster(zones, there)
    expect(scoresOf(newPodTopologySpread(), newPod('p', constraint('ScheduleAnyway')), cluster)).toEqual({
      a: 0,
      b: 0,
      c: 100,
    })
    const byDefault = scoresOf(newPodTopologySpread(), newPod('p', { labels: web }), cluster)
    expect(byDefault.a).toBeLessThan(byDefault.b as number)
    expect(scoresOf(newPodTopologySpread(), newPod('p'), cluster)).toEqual({})
  })
  test('counts follow pods that come and go', () => {
    const cluster = newCluster(zones, there)
    const pod = newPod('p', constraint('DoNotSchedule'))
    expect(reasonsOf(newPodTopologySpread(), pod, cluster)).toEqual({ a: skewed, b: skewed })
    cluster.cache.setPod(newPod('y', { node: 'c', labels: web }))
    expect(reasonsOf(newPodTopologySpread(), pod, cluster)).toEqual({})
    cluster.cache.removePod('pod-x')
    expect(reasonsOf(newPodTopologySpread(), pod, cluster)).toEqual({ c: skewed })
  })
})
