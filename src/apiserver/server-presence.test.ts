import { describe, expect, test } from '@jest/globals'
import { FakeClock } from '../machinery/fake-clock.js'
import { newServerRecords } from '../registry/server-records.js'
import { newMemoryStorage } from '../storage/memory/open.js'
import { silentLogger } from '../telemetry/logger.js'
import { planAddresses, ServerPresence } from './server-presence.js'

describe('planAddresses', () => {
  test.each([
    { name: 'no server', servers: [], plan: undefined },
    {
      name: 'two on one port',
      servers: [
        { address: '10.0.0.2', port: 6443 },
        { address: '10.0.0.1', port: 6443 },
      ],
      plan: { port: 6443, addresses: ['10.0.0.1', '10.0.0.2'] },
    },
    {
      name: 'the port of most',
      servers: [
        { address: 'a', port: 1 },
        { address: 'a', port: 2 },
        { address: 'b', port: 2 },
      ],
      plan: { port: 2, addresses: ['a', 'b'] },
    },
    {
      name: 'the lowest of two ports',
      servers: [
        { address: 'a', port: 6444 },
        { address: 'a', port: 6443 },
      ],
      plan: { port: 6443, addresses: ['a'] },
    },
    {
      name: 'a stock server, which does not say its port',
      servers: [{ address: 'a' }, { address: 'b', port: 6443 }],
      plan: { port: 6443, addresses: ['a', 'b'] },
    },
  ])('$name', ({ servers, plan }) => expect(planAddresses(servers, 6443)).toEqual(plan))
})

test('servers hear of each other; who ends takes its record away; who cannot be reached leaves none', async () => {
  const clock = new FakeClock()
  const storage = newMemoryStorage(clock)
  const records = newServerRecords(storage)
  let changes = 0
  const start = (address: string | undefined, stopping: AbortController) =>
    new ServerPresence({
      records,
      clock,
      log: silentLogger,
      signal: stopping.signal,
      own: () => (address === undefined ? undefined : { address, port: 6443 }),
      async onChange() {
        changes++
      },
    })
  const [first, second] = [new AbortController(), new AbortController()]
  const a = start('10.0.0.1', first)
  const hidden = start(undefined, new AbortController())
  expect([await a.look(6443), await a.look(6443)]).toEqual([true, false])
  await hidden.look(6443)
  expect(hidden.addresses).toEqual({ port: 6443, addresses: ['10.0.0.1'] })
  a.keepLooking(6443)
  await start('10.0.0.2', second).look(6443)
  await clock.advance(10_000)
  expect([changes, a.addresses?.addresses]).toEqual([1, ['10.0.0.1', '10.0.0.2']])
  second.abort()
  await clock.advance(10_000)
  expect([changes, a.addresses?.addresses]).toEqual([2, ['10.0.0.1']])
  first.abort()
  expect(await records.all()).toEqual([])
})
