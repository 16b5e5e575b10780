import { describe, expect, test } from '@jest/globals'
import { newHistory, normalize, recordScale, type Wish } from './limits.js'

const wish = (fields: Partial<Wish>): Wish => ({
  current: 5,
  desired: 5,
  min: 1,
  max: 100,
  now: 1_000_000,
  downWindow: 300_000,
  ...fields,
})
const old = (replicas: number, ago = 10_000_000) => newHistory(replicas, 1_000_000 - ago)

describe('without rules', () => {
  test.each([
    { name: 'what is asked for', wish: wish({ desired: 7 }), replicas: 7, reason: 'DesiredWithinRange' },
    { name: 'at most twice as many', wish: wish({ desired: 30 }), replicas: 10, reason: 'ScaleUpLimit' },
    { name: 'four in any case', wish: wish({ current: 1, desired: 30 }), replicas: 4, reason: 'ScaleUpLimit' },
    { name: 'no more than the most', wish: wish({ desired: 9, max: 8 }), replicas: 8, reason: 'TooManyReplicas' },
    { name: 'no fewer than the least', wish: wish({ desired: 1, min: 2 }), replicas: 2, reason: 'TooFewReplicas' },
  ])('$name', ({ wish, replicas, reason }) => {
    const result = normalize(old(5), undefined, wish)
    expect([result.replicas, result.limit.reason]).toEqual([replicas, reason])
    expect(result.limited).toBe(reason !== 'DesiredWithinRange')
  })
  test('the highest of the last five minutes keeps replicas', () => {
    const history = old(5)
    normalize(history, undefined, wish({ desired: 8, now: 1_000_000 }))
    const soon = normalize(history, undefined, wish({ current: 8, desired: 2, now: 1_200_000 }))
    expect([soon.replicas, soon.able.reason]).toEqual([8, 'ScaleDownStabilized'])
    expect(normalize(history, undefined, wish({ current: 8, desired: 2, now: 1_301_000 })).replicas).toBe(2)
  })
})

describe('with rules', () => {
  const up = (...policies: [string, number, number][]) => ({
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
  })
  const free = up(['Percent', 100, 15])

  test.each([
    { name: 'pods a period', rules: up(['Pods', 2, 60]), desired: 10, replicas: 7, reason: 'ScaleUpLimit' },
    {
      name: 'the more generous policy',
      rules: up(['Pods', 2, 60], ['Percent', 100, 60]),
      desired: 20,
      replicas: 10,
      reason: 'ScaleUpLimit',
    },
    {
      name: 'the meaner one',
      rules: { ...up(['Pods', 2, 60], ['Percent', 100, 60]), selectPolicy: 'Min' },
      desired: 20,
      replicas: 7,
      reason: 'ScaleUpLimit',
    },
    {
      name: 'no way up',
      rules: { ...free, selectPolicy: 'Disabled' },
      desired: 20,
      replicas: 5,
      reason: 'ScaleUpLimit',
    },
    { name: 'what is asked for', rules: free, desired: 8, replicas: 8, reason: 'DesiredWithinRange' },
  ])('up: $name', ({ rules, desired, replicas, reason }) => {
    const result = normalize(old(5), { scaleUp: rules, scaleDown: free }, wish({ desired }))
    expect([result.replicas, result.limit.reason]).toEqual([replicas, reason])
  })

  test('down: a share of what there was at the beginning of the period', () => {
    const history = old(10)
    const behavior = { scaleUp: free, scaleDown: up(['Percent', 20, 60]) }
    expect(normalize(history, behavior, wish({ current: 10, desired: 1 })).replicas).toBe(8)
    recordScale(history, { from: 10, to: 8, now: 1_000_000 })
    const again = normalize(history, behavior, wish({ current: 8, desired: 1, now: 1_030_000 }))
    expect([again.replicas, again.limit.reason]).toEqual([8, 'ScaleDownLimit'])
    expect(normalize(history, behavior, wish({ current: 8, desired: 1, now: 1_061_000 })).replicas).toBe(6)
  })

  test('up: the lowest of the window holds back', () => {
    const history = old(5)
    const behavior = { scaleUp: { ...free, stabilizationWindowSeconds: 60 }, scaleDown: free }
    normalize(history, behavior, wish({ desired: 6 }))
    const result = normalize(history, behavior, wish({ desired: 9, now: 1_030_000 }))
    expect([result.replicas, result.able.reason]).toEqual([6, 'ScaleUpStabilized'])
  })
})
