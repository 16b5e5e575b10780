import { describe, expect, test } from '@jest/globals'
import type { Deployment, ReplicaSet } from '../../apis/generated/apps-v1.js'
import { newestAnnotations } from './annotations.js'
import { newestSize, planRolling } from './plan-rollout.js'
import { isScalingEvent, planScale } from './plan-scale.js'
import { nextRevision, planCleanup, revisionsOf } from './revisions.js'
import { equalTemplates, hashTemplate, replicaSetName } from './template-hash.js'

const deployment = (replicas: number, maxSurge: number | string, maxUnavailable: number | string): Deployment => ({
  metadata: { name: 'web', annotations: { note: 'x' } },
  spec: {
    replicas,
    selector: {},
    template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'new' }] } },
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  },
})

interface Sketch {
  size: number
  available?: number
  image?: string
  revision?: string
  desired?: number
  max?: number
  age?: number
}

const replicaSet = (name: string, { size, available = size, image = 'old', age = 0, ...rest }: Sketch): ReplicaSet => ({
  metadata: {
    name,
    creationTimestamp: `2025-01-01T00:00:${String(30 - age).padStart(2, '0')}Z`,
    annotations: {
      ...(rest.revision && { 'deployment.kubernetes.io/revision': rest.revision }),
      ...(rest.desired !== undefined && { 'deployment.kubernetes.io/desired-replicas': String(rest.desired) }),
      ...(rest.max !== undefined && { 'deployment.kubernetes.io/max-replicas': String(rest.max) }),
    },
  },
  spec: {
    replicas: size,
    selector: {},
    template: {
      metadata: { labels: { app: 'web', 'pod-template-hash': name } },
      spec: { containers: [{ name: 'c', image }] },
    },
  },
  status: { replicas: size, availableReplicas: available },
})

const newest = (sketch: Sketch) => replicaSet('new', { image: 'new', ...sketch })
const sizes = (plan: { replicaSet: ReplicaSet; replicas: number }[]) =>
  Object.fromEntries(plan.map(({ replicaSet: rs, replicas }) => [rs.metadata.name, replicas]))

describe('planRolling', () => {
  test.each([
    { name: 'grows the new one by the surge', of: [10, 3, 2], n: [0, 0], old: [10, 10], plan: { new: 3 } },
    { name: 'shrinks the old one when there is no room', of: [10, 3, 2], n: [3, 0], old: [10, 10], plan: { old: 8 } },
    { name: 'waits while new pods are not available', of: [10, 3, 2], n: [5, 0], old: [8, 8], plan: {} },
    {
      name: 'removes unhealthy old pods first',
      of: [10, 0, 5],
      n: [0, 0],
      old: [10, 6],
      plan: { old: 5 },
      grown: true,
    },
    { name: 'shrinks by what became available', of: [10, 3, 2], n: [5, 3], old: [8, 8], plan: { old: 5 } },
    { name: 'ends with the old one empty', of: [4, 1, 0], n: [4, 4], old: [1, 1], plan: { old: 0 } },
    { name: 'cuts a new one that is too large', of: [2, 1, 0], n: [4, 4], old: [0, 0], plan: { new: 2 } },
  ])('$name', ({ of: [replicas = 0, surge = 0, unavailable = 0], n, old, plan }) => {
    const revisions = {
      newest: newest({ size: n[0] ?? 0, available: n[1] }),
      old: [replicaSet('old', { size: old[0] ?? 0, available: old[1] })],
    }
    expect(sizes(planRolling(deployment(replicas, surge, unavailable), revisions))).toEqual(plan)
  })

  test('takes unhealthy pods from the oldest first', () => {
    const revisions = {
      newest: newest({ size: 2, available: 0 }),
      old: [replicaSet('older', { size: 4, available: 2, age: 9 }), replicaSet('younger', { size: 4, available: 2 })],
    }
    expect(sizes(planRolling(deployment(8, 2, 3), revisions))).toEqual({ older: 2, younger: 3 })
  })
})

describe('newestSize', () => {
  test.each([
    { name: 'fills the room the surge leaves', replicas: 10, others: 10, size: 3 },
    { name: 'is all where nothing else runs', replicas: 10, others: 0, size: 10 },
    { name: 'is nothing where there are too many already', replicas: 2, others: 10, size: 0 },
  ])('$name', ({ replicas, others, size }) => {
    expect(newestSize(deployment(replicas, 3, 0), [replicaSet('old', { size: others })], 0)).toBe(size)
  })
})

describe('planScale', () => {
  test('gives all to the only active one', () => {
    const revisions = { newest: newest({ size: 3, desired: 3 }), old: [replicaSet('old', { size: 0 })] }
    expect(isScalingEvent(deployment(5, 1, 0), revisions)).toBe(true)
    expect(sizes(planScale(deployment(5, 1, 0), revisions))).toEqual({ new: 5 })
  })

  test('shares in proportion during a rollout', () => {
    const revisions = {
      newest: newest({ size: 5, desired: 10, max: 13, available: 0 }),
      old: [replicaSet('old', { size: 8, desired: 10, max: 13 })],
    }
    expect(sizes(planScale(deployment(20, 3, 2), revisions))).toEqual({ old: 14, new: 9 })
  })

  test('takes everything from all when scaled to zero', () => {
    const revisions = {
      newest: newest({ size: 5, desired: 10, max: 13 }),
      old: [replicaSet('old', { size: 8, desired: 10, max: 13 })],
    }
    expect(sizes(planScale(deployment(0, 3, 2), revisions))).toEqual({ old: 0, new: 0 })
  })

  test('empties old ones when the new one is complete', () => {
    const revisions = { newest: newest({ size: 5, desired: 5 }), old: [replicaSet('old', { size: 2, desired: 5 })] }
    expect(sizes(planScale(deployment(5, 1, 0), revisions))).toEqual({ old: 0 })
  })
})

describe('revisions', () => {
  test('the oldest with the template of today is the newest', () => {
    const [young, old, other] = [newest({ size: 1 }), newest({ size: 1, age: 5 }), replicaSet('old', { size: 1 })]
    const found = revisionsOf(deployment(1, 1, 0), [young, old, other])
    expect(found.newest).toBe(old)
    expect(found.old).toEqual([young, other])
  })

  test('only empty ones beyond the limit are cleaned up, lowest revision first', () => {
    const limited = { ...deployment(1, 1, 0), spec: { ...deployment(1, 1, 0).spec, revisionHistoryLimit: 1 } }
    const old = [
      replicaSet('r3', { size: 0, revision: '3' }),
      replicaSet('r1', { size: 1, revision: '1' }),
      replicaSet('r2', { size: 0, revision: '2' }),
    ]
    expect(planCleanup(limited, old).map(rs => rs.metadata.name)).toEqual(['r2'])
  })

  test('a revision beyond what a number holds is counted on exactly', () => {
    const old = [
      replicaSet('r', { size: 0, revision: '3546343826724305832' }),
      replicaSet('odd', { size: 0, revision: 'x' }),
    ]
    expect(nextRevision(old)).toBe(3546343826724305833n)
  })

  test('a revision that is taken up again goes to the history', () => {
    const before = { 'deployment.kubernetes.io/revision': '1' }
    expect(newestAnnotations(deployment(1, 1, 0), before, 3n)).toEqual({
      note: 'x',
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
  })
})

describe('template hashes', () => {
  const { template } = deployment(1, 1, 0).spec
  test('do not hang on the order of fields, but on the collision count', () => {
    const turned = { spec: template.spec, metadata: template.metadata }
    expect(hashTemplate(turned, undefined)).toBe(hashTemplate(template, undefined))
    expect(hashTemplate(template, 1)).not.toBe(hashTemplate(template, undefined))
    expect(hashTemplate(template, undefined)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/)
  })

  test('do not count when templates are compared', () => {
    expect(equalTemplates(template, newest({ size: 1 }).spec.template)).toBe(true)
    expect(equalTemplates(template, replicaSet('old', { size: 1 }).spec.template)).toBe(false)
  })

  test('make names of at most 253 characters', () => {
    expect(replicaSetName('web', 'abc')).toBe('web-abc')
    expect(replicaSetName('w'.repeat(253), 'abc')).toHaveLength(253)
  })
})
