/** Faults by order: who is hit, with what, how often. */
import { describe, expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../machinery/fake-clock.js'
import type { StatusError } from '../machinery/status-error.js'
import { type Fault, FaultInjector, type FaultyRequest, matches, type RequestMatch } from './faults.js'

const request = (over: Partial<FaultyRequest> = {}): FaultyRequest => ({
  ...{ verb: 'update', group: 'apps', resource: 'deployments', namespace: 'shop', name: 'web' },
  ...{ cut() {}, onEnd() {} },
  ...over,
})

describe('matches', () => {
  test.each<{ name: string; match: RequestMatch; request?: Partial<FaultyRequest>; is: boolean }>([
    { name: 'nothing said: every request', match: {}, is: true },
    { name: 'its verb', match: { verbs: 'update' }, is: true },
    { name: 'one of its verbs', match: { verbs: ['get', 'update'] }, is: true },
    { name: 'another verb', match: { verbs: ['get'] }, is: false },
    { name: 'its resource', match: { resources: 'deployments' }, is: true },
    { name: 'its resource with the group', match: { resources: ['deployments.apps'] }, is: true },
    { name: 'the resource of another group', match: { resources: 'deployments.extensions' }, is: false },
    { name: 'the object, when the subresource is asked for', match: { resources: 'deployments/status' }, is: false },
    {
      name: 'the subresource',
      match: { resources: 'deployments.apps/status' },
      request: { subresource: 'status' },
      is: true,
    },
    {
      name: 'a subresource, when the object is asked for',
      match: { resources: 'deployments' },
      request: { subresource: 'status' },
      is: false,
    },
    { name: 'its namespace and name', match: { namespace: 'shop', name: 'web' }, is: true },
    { name: 'its namespace and another name', match: { namespace: 'shop', name: 'db' }, is: false },
  ])('$name: $is', ({ match, request: over, is }) => expect(matches(match, request(over))).toBe(is))
})

function newInjector() {
  const clock = new FakeClock()
  return { clock, faults: new FaultInjector({ clock, random: new SeededRandom(1) }) }
}

const struck = (faults: FaultInjector, over?: Partial<FaultyRequest>) =>
  faults.strike(request(over)).then(
    () => 'served',
    (error: StatusError) => error,
  )

describe('inject', () => {
  test.each<{ fault: Fault; reason: string; retry?: number }>([
    { fault: { code: 409 }, reason: 'Conflict' },
    { fault: { code: 410 }, reason: 'Expired' },
    { fault: { code: 429 }, reason: 'TooManyRequests', retry: 1 },
    { fault: { code: 429, retryAfterSeconds: 7 }, reason: 'TooManyRequests', retry: 7 },
    { fault: { code: 500 }, reason: 'InternalError' },
    { fault: { code: 503 }, reason: 'ServiceUnavailable', retry: 1 },
    { fault: { code: 504 }, reason: 'Timeout' },
  ])('$fault is answered with $reason', async ({ fault, reason, retry }) => {
    const { faults } = newInjector()
    faults.inject(fault)
    const { status } = (await struck(faults)) as StatusError
    expect(status).toMatchObject({
      code: fault.code,
      reason,
      details: { name: 'web', group: 'apps', kind: 'deployments' },
    })
    expect(status.details?.retryAfterSeconds).toBe(retry)
  })

  test('hits as often as it was told to, and counts', async () => {
    const { faults } = newInjector()
    const fault = faults.inject({ code: 409, times: 2 })
    const answers = [await struck(faults), await struck(faults), await struck(faults)]
    expect([answers.map(answer => answer === 'served'), fault.hits]).toEqual([[false, false, true], 2])
  })

  test('hits a part of the requests', async () => {
    const { faults } = newInjector()
    const fault = faults.inject({ code: 500, probability: 0.3 })
    for (let n = 0; n < 1000; n++) await struck(faults)
    expect(fault.hits).toBeGreaterThan(250)
    expect(fault.hits).toBeLessThan(350)
  })

  test('is over when removed, and all are when cleared', async () => {
    const { faults } = newInjector()
    faults.inject({ code: 409 }).remove()
    expect(await struck(faults)).toBe('served')
    faults.inject({ code: 409 })
    faults.clear()
    expect(await struck(faults)).toBe('served')
  })

  test('latency holds the request back', async () => {
    const { faults, clock } = newInjector()
    faults.inject({ latency: 50 })
    let served = false
    const done = struck(faults).then(() => {
      served = true
    })
    await clock.advance(49)
    expect(served).toBe(false)
    await clock.advance(1)
    await done
  })

  test('a watch is cut after its time', async () => {
    const { faults, clock } = newInjector()
    faults.inject({ verbs: 'watch', dropAfter: 100 })
    let cut = 0
    await faults.strike(request({ verb: 'watch', cut: () => cut++ }))
    await clock.advance(99)
    expect(cut).toBe(0)
    await clock.advance(1)
    expect(cut).toBe(1)
  })
})

test('dropWatches cuts those that run and match, and none that has ended', async () => {
  const { faults } = newInjector()
  const cut: string[] = []
  const ends: (() => void)[] = []
  for (const resource of ['deployments', 'pods', 'pods'])
    await faults.strike(
      request({ verb: 'watch', resource, cut: () => cut.push(resource), onEnd: end => ends.push(end) }),
    )
  ends[1]!()
  expect(faults.dropWatches({ resources: 'pods' })).toBe(1)
  expect(cut).toEqual(['pods'])
})
