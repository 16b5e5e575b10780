import { describe, expect, test } from '@jest/globals'
import { mandatoryFlowSchemas, mandatoryPriorityLevels, newFlowSchema } from '../../apis/flowcontrol-v1/mandatory.js'
import { suggestedFlowSchemas, suggestedPriorityLevels } from '../../apis/flowcontrol-v1/suggested.js'
import type { LimitResponse } from '../../apis/generated/flowcontrol-v1.js'
import { FakeClock } from '../../machinery/fake-clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { parseRequestInfo } from '../request-info.js'
import { allocateConcurrency } from './allocate-concurrency.js'
import { DroppedRequestsTracker } from './dropped-requests.js'
import { estimateWork } from './estimate-work.js'
import { newTestFlowControl } from './flow-testing.js'
import { dealHand, hashFlow } from './shuffle-shard.js'

const everyLevel = [...mandatoryPriorityLevels, ...suggestedPriorityLevels]
const everySchema = [...mandatoryFlowSchemas, ...suggestedFlowSchemas]
const user = (name: string, ...groups: string[]): UserInfo => ({ name, groups: [...groups, 'system:authenticated'] })
const bob = user('bob')

describe('what every cluster has', () => {
  const newDefault = () => {
    const fixture = newTestFlowControl({ seats: 600 })
    fixture.flow.configure(everyLevel, everySchema)
    return fixture
  }

  test.each([
    { who: user('a', 'system:masters'), url: '/api/v1/pods', schema: 'exempt' },
    { who: bob, url: '/readyz', schema: 'probes' },
    { who: bob, url: '/livez/ping', schema: 'probes' },
    { who: bob, url: '/version', schema: 'global-default' },
    {
      who: user('system:kube-scheduler'),
      url: '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/a',
      schema: 'system-leader-election',
    },
    { who: user('system:kube-scheduler'), url: '/api/v1/pods', schema: 'kube-scheduler' },
    { who: user('system:node:a', 'system:nodes'), url: '/api/v1/nodes/a', schema: 'system-node-high' },
    { who: user('system:node:a', 'system:nodes'), url: '/api/v1/pods', schema: 'system-nodes' },
    {
      who: user('system:serviceaccount:kube-system:a', 'system:serviceaccounts'),
      url: '/api/v1/pods',
      schema: 'kube-system-service-accounts',
    },
    {
      who: user('system:serviceaccount:default:a', 'system:serviceaccounts'),
      url: '/api/v1/pods',
      schema: 'service-accounts',
    },
    { who: { name: 'nobody', groups: [] }, url: '/api/v1/pods', schema: 'catch-all' },
  ])('$who.name at $url is of $schema', ({ who, url, schema }) => {
    expect(newDefault().classify(who, url).schema.metadata.name).toBe(schema)
  })

  test('seats are divided as by kube-apiserver v1.34.4', () => {
    const { flow } = newDefault()
    const table = Object.fromEntries(
      [...flow.configuration.levels].map(([name, { min, nominal, max, current }]) => [
        name,
        [min, nominal, max, current],
      ]),
    )
    expect(table).toEqual({
      exempt: [0, 0, 600, 0],
      'catch-all': [13, 13, 613, 30],
      'global-default': [24, 49, 649, 56],
      'leader-election': [25, 25, 625, 58],
      'node-high': [73, 98, 698, 170],
      system: [50, 74, 674, 117],
      'workload-high': [49, 98, 698, 114],
      'workload-low': [24, 245, 845, 56],
    })
  })
})

describe('a level of two seats', () => {
  const newSmall = (response: LimitResponse) => {
    const fixture = newTestFlowControl({ seats: 2 })
    const level = {
      metadata: { name: 'small', uid: 'level' },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1000, limitResponse: response } },
    }
    const [rule] = mandatoryFlowSchemas[1]!.spec.rules!
    const schema = newFlowSchema('small', { level: 'small', precedence: 5, distinguisher: 'ByUser', rules: [rule!] })
    fixture.flow.configure([level], [schema])
    fixture.flow.configuration.levels.get('small')!.limit(2, 2)
    return fixture
  }
  const queue = { type: 'Queue', queuing: { queues: 64, handSize: 1, queueLengthLimit: 2 } }

  test('refuses the third where nobody may wait', async () => {
    const { enter } = newSmall({ type: 'Reject' })
    const first = await enter(bob, '/api/v1/pods')
    await enter(bob, '/api/v1/pods')
    expect(() => enter(bob, '/api/v1/pods')).toThrow('Too many requests, please try again later.')
    first.leave()
    first.leave()
    await enter(bob, '/api/v1/pods')
    expect(() => enter(bob, '/api/v1/pods')).toThrow(expect.objectContaining({ retryAfter: 1 }))
  })

  test('lets the third wait for a seat', async () => {
    const { enter, flow } = newSmall(queue)
    const first = await enter(bob, '/api/v1/pods')
    await enter(bob, '/api/v1/pods')
    const third = enter(bob, '/api/v1/pods')
    expect(third).toBeInstanceOf(Promise)
    const { queueSet } = flow.configuration.levels.get('small')!
    expect(queueSet.waiting).toBe(1)
    first.leave()
    await third
    expect([queueSet.waiting, queueSet.executing, queueSet.seatsInUse]).toEqual([0, 2, 2])
  })

  test('refuses whom its queue has no room for, and who has waited too long', async () => {
    const { enter, clock } = newSmall(queue)
    await enter(bob, '/api/v1/pods')
    await enter(bob, '/api/v1/pods')
    const waiting = [enter(bob, '/api/v1/pods'), enter(bob, '/api/v1/pods')]
    expect(() => enter(bob, '/api/v1/pods')).toThrow('Too many requests')
    const refused = Promise.allSettled(waiting)
    await clock.advance(15_000)
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  test('who leaves while waiting makes room in the queue', async () => {
    const { enter, flow } = newSmall(queue)
    await enter(bob, '/api/v1/pods')
    await enter(bob, '/api/v1/pods')
    const { exchange, entering } = enter.withExchange(bob, '/api/v1/pods')
    exchange.response.emit('close')
    await expect(entering).rejects.toThrow('Too many requests')
    expect(flow.configuration.levels.get('small')!.queueSet.waiting).toBe(0)
  })

  test('one that asks for much does not keep another waiting long', async () => {
    const { enter, clock } = newSmall({ type: 'Queue', queuing: { queues: 64, handSize: 1, queueLengthLimit: 50 } })
    const order: string[] = []
    const work = async (name: string) => {
      const seat = await enter(user(name), '/api/v1/pods')
      order.push(name)
      await new Promise<void>(resolve => clock.after(100, resolve))
      seat.leave()
    }
    const greedy = Array.from({ length: 20 }, () => work('greedy'))
    await clock.advance(50)
    const modest = work('modest')
    await clock.advance(5000)
    await Promise.all([...greedy, modest])
    expect(order.indexOf('modest')).toBeLessThan(6)
  })

  test('a watch gives its seat back when it has begun', async () => {
    const { enter, flow } = newSmall(queue)
    const seat = await enter(bob, '/api/v1/pods?watch=1')
    const { queueSet } = flow.configuration.levels.get('small')!
    expect(queueSet.executing).toBe(1)
    seat.begun()
    expect(queueSet.executing).toBe(0)
    seat.leave()
    expect(queueSet.executing).toBe(0)
  })

  test('a level whose object is gone goes when its last request is answered', async () => {
    const { enter, flow } = newSmall(queue)
    const seat = await enter(bob, '/api/v1/pods')
    flow.configure([], [])
    expect(flow.configuration.levels.has('small')).toBe(true)
    seat.leave()
    expect(flow.configuration.levels.has('small')).toBe(false)
  })
})

test('levels lend what they do not need', async () => {
  const clock = new FakeClock()
  const { flow, enter } = newTestFlowControl({ seats: 600, clock })
  flow.configure(everyLevel, everySchema)
  const seats = await Promise.all(Array.from({ length: 56 }, () => enter(bob, '/api/v1/pods')))
  const more = Array.from({ length: 300 }, () => enter(bob, '/api/v1/pods', 60_000))
  const { current } = flow.configuration.levels.get('global-default')!
  await clock.advance(20_000)
  expect(flow.configuration.levels.get('global-default')!.current).toBeGreaterThan(current * 3)
  for (const seat of seats) seat.leave()
  for (const seat of more) (await seat).leave()
})

describe('allocateConcurrency', () => {
  test.each([
    {
      name: 'nobody wants anything',
      required: 10,
      claims: [
        [0, 10, 0],
        [0, 10, 0],
      ],
      seats: [5, 5],
    },
    {
      name: 'one meets its bound',
      required: 30,
      claims: [
        [8, 30, 10],
        [0, 20, 40],
      ],
      seats: [10, 20],
    },
    {
      name: 'all are at their lower bounds',
      required: 30,
      claims: [
        [10, 30, 10],
        [20, 40, 40],
      ],
      seats: [10, 20],
    },
  ])('$name', ({ required, claims, seats }) => {
    const given = claims.map(([lowerBound, upperBound, target]) => ({
      lowerBound: lowerBound!,
      upperBound: upperBound!,
      target: target!,
    }))
    const allocation = allocateConcurrency(required, given)
    expect(allocation?.seats.map(seat => Math.round(seat * 1000) / 1000)).toEqual(seats)
  })

  test('nothing fits', () => {
    expect(allocateConcurrency(5, [{ lowerBound: 6, upperBound: 7, target: 6 }])).toBeUndefined()
  })
})

test('a hand has no card twice, and all cards are dealt', () => {
  const seen = new Set<number>()
  for (let i = 0; i < 500; i++) {
    const hand = dealHand(hashFlow('schema', `user-${i}`), 16, 4)
    expect(new Set(hand).size).toBe(4)
    for (const card of hand) seen.add(card)
  }
  expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i))
})

test('who is turned away often waits longer, and less when it calms down', () => {
  const tracker = new DroppedRequestsTracker()
  const retry = (second: number, times = 1) => Array.from({ length: times }, () => tracker.record('a', second)).at(-1)
  expect(retry(100, 5)).toBe(1)
  expect(retry(101, 5)).toBe(2)
  expect(retry(110)).toBe(1)
})

describe('estimateWork', () => {
  const estimate = (
    method: string,
    url: string,
    options: { objects?: number; watches?: number; maxSeats?: number } = {},
  ) => {
    const [path = '', search] = url.split('?')
    const query = search === undefined ? undefined : new URLSearchParams(search)
    const { objects = 0, watches = 0, maxSeats } = options
    const sources = { stats: () => ({ objects, objectBytes: 2000 }), watches: () => watches }
    return estimateWork(parseRequestInfo(method, path, query), query, { sources, maxSeats, note: () => {} })
  }

  test.each([
    { name: 'a get', given: estimate('GET', '/api/v1/namespaces/a/pods/b', { objects: 1e6 }), seats: [1, 0] },
    { name: 'a short list', given: estimate('GET', '/api/v1/pods', { objects: 10 }), seats: [1, 0] },
    { name: 'a long list', given: estimate('GET', '/api/v1/pods', { objects: 200 }), seats: [4, 0] },
    { name: 'a very long list', given: estimate('GET', '/api/v1/pods', { objects: 1e6 }), seats: [10, 0] },
    { name: 'a page', given: estimate('GET', '/api/v1/pods?limit=60', { objects: 1e6 }), seats: [2, 0] },
    {
      name: 'a list within a level',
      given: estimate('GET', '/api/v1/pods', { objects: 1e6, maxSeats: 3 }),
      seats: [3, 0],
    },
    { name: 'a watch from now on', given: estimate('GET', '/api/v1/pods?watch=1', { objects: 1e6 }), seats: [1, 0] },
    {
      name: 'a watch from the beginning',
      given: estimate('GET', '/api/v1/pods?watch=1&sendInitialEvents=true', { objects: 1e6 }),
      seats: [10, 0],
    },
    {
      name: 'a write few hear of',
      given: estimate('POST', '/api/v1/namespaces/a/pods', { watches: 9 }),
      seats: [1, 0],
    },
    {
      name: 'a write many hear of',
      given: estimate('POST', '/api/v1/namespaces/a/pods', { watches: 55 }),
      seats: [1, 6],
    },
    {
      name: 'a write everybody hears of',
      given: estimate('POST', '/api/v1/namespaces/a/pods', { watches: 1000 }),
      seats: [1, 10],
    },
  ])('$name', ({ given, seats }) => {
    expect([given.initialSeats, given.finalSeats]).toEqual(seats)
  })

  test('seats that are not granted at once are taken for longer', () => {
    expect(estimate('POST', '/api/v1/namespaces/a/pods', { watches: 1000 }).additionalLatency).toBeCloseTo(0.05)
  })
})
