import { expect, test } from '@jest/globals'
import { FakeClock, settle } from '../machinery/fake-clock.js'
import type { RegistryEvent, Rest } from '../registry/rest.js'
import { silentLogger } from '../telemetry/logger.js'
import { followResource } from './resource-mirror.js'

type Attempt = 'away' | RegistryEvent[]

const added = (name: string) => ({ type: 'ADDED', stored: { object: { metadata: { name } } } }) as RegistryEvent
const synced = {
  type: 'BOOKMARK',
  stored: { object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } },
} as unknown as RegistryEvent

/** Follows what answers each watch in turn, the last for good. Tells what was applied. */
function follow(...attempts: Attempt[]) {
  const told: string[] = []
  const clock = new FakeClock()
  const stopping = new AbortController()
  const rest = {
    kind: { names: { plural: 'roles' } },
    async watch() {
      const attempt = attempts.shift() ?? []
      if (attempt === 'away') throw new Error('etcd is away')
      return {
        onEvents(take: (batch: RegistryEvent[]) => void, end: () => void) {
          take(attempt)
          if (attempts.length) end()
        },
      }
    },
  } as unknown as Rest
  const apply = ({ metadata }: { metadata: { name?: string } }, removed: boolean) =>
    void told.push(`${removed ? '-' : '+'}${metadata.name}`)
  const known = followResource(rest, { apply: apply as never, clock, log: silentLogger, signal: stopping.signal })
  return { told, clock, known, stop: () => stopping.abort() }
}

test('a watch begun anew tells what came and went meanwhile', async () => {
  const { told, known, stop } = follow([added('a'), added('b'), synced], [added('b'), added('c'), synced])
  await known
  await settle()
  expect(told).toEqual(['+a', '+b', '+b', '+c', '-a'])
  stop()
})

test('a store that is away is tried again until it is back', async () => {
  const { told, clock, known, stop } = follow([added('a'), synced], 'away', 'away', [added('b'), synced])
  await known
  for (let tries = 0; tries < 2; tries++) {
    await settle()
    expect(told).toEqual(['+a'])
    await clock.advance(1000)
  }
  await settle()
  expect(told).toEqual(['+a', '+b', '-a'])
  stop()
})

test('a store that is away at the start is said', async () => {
  await expect(follow('away').known).rejects.toThrow('etcd is away')
})
