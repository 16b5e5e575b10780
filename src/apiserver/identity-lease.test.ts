import { expect, test } from '@jest/globals'
import { FakeClock, SeededRandom } from '../machinery/fake-clock.js'
import { silentLogger } from '../telemetry/logger.js'
import { keepIdentityLease, serverIdentity } from './identity-lease.js'
import { newServerFixture } from './testing/server-fixture.js'

test('a host gives its server the name that upstream gives it', () => {
  expect(serverIdentity('vm')).toBe('apiserver-wlv32tlttr4jl3gtroqexyxapa')
})

test('the lease is renewed every ten seconds under the same holder, until the server stops', async () => {
  await using server = await newServerFixture()
  const clock = new FakeClock(server.clock.now())
  const stopping = new AbortController()
  const { signal } = stopping
  await keepIdentityLease('vm', { rests: server.rests, clock, random: new SeededRandom(), log: silentLogger, signal })
  const read = async () => {
    const rest = server.rests.find('coordination.k8s.io', 'v1', 'leases')
    const { object } = await rest!.get({ namespace: 'kube-system', name: serverIdentity('vm') })
    return object.spec as { holderIdentity: string; renewTime: string; leaseDurationSeconds: number }
  }
  const first = await read()
  expect(first.leaseDurationSeconds).toBe(3600)
  await clock.advance(10_000)
  const second = await read()
  expect(Date.parse(second.renewTime) - Date.parse(first.renewTime)).toBe(10_000)
  expect(second.holderIdentity).toBe(first.holderIdentity)
  stopping.abort()
  await clock.advance(60_000)
  expect(await read()).toEqual(second)
})
