import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { FakeClock } from '../../machinery/fake-clock.js'
import { silentLogger } from '../../telemetry/logger.js'
import { type ImagePolicy, PulledImages } from './pulled-images.js'

const byDefault: ImagePolicy = { highPercent: 85, lowPercent: 80, minimumAgeMs: 0, maximumAgeMs: 0 }
const minute = 60_000

let directory = ''
let clock: FakeClock
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-pulled-'))
  clock = new FakeClock()
})
afterEach(() => rmSync(directory, { recursive: true }))

/** A disk of 1000 bytes; images of 40 bytes each, beside one of the user's own. */
function setUp({ policy = {}, refused = '' }: { policy?: Partial<ImagePolicy>; refused?: string } = {}) {
  const world = { available: 500, used: new Set<string>(), present: new Set<string>(['mine:latest']) }
  const log: string[] = []
  const deps = {
    runtime: {
      async removeImage(name: string) {
        if (name === refused) throw new Error('in use')
        world.present.delete(name)
        world.available += 40
        log.push(name)
      },
      listImages: async () =>
        [...world.present].map(name => ({ id: `id of ${name}`, tags: [name], digests: [], sizeBytes: 40, user: '' })),
    },
    clock,
    log: silentLogger,
    readDisk: async () => ({ availableBytes: world.available, capacityBytes: 1000 }),
    used: () => world.used,
    tell: (reason: string, message: string) => log.push(`${reason}: ${message}`),
  }
  const start = () => new PulledImages(deps, { ...byDefault, ...policy }, join(directory, 'pulled.json'))
  const pulled = async (...names: string[]) => {
    const images = start()
    for (const name of names) {
      world.present.add(name)
      await images.note(name)
      await clock.advance(minute)
    }
    return images
  }
  return { world, log, start, pulled }
}

describe('images that were pulled', () => {
  test('stay while there is room', async () => {
    const { log, pulled } = setUp()
    await (await pulled('app:1', 'app:2')).collect()
    expect(log).toEqual([])
  })

  test('go when the disk is nearly full, the longest unused first, until it is less so; over restarts, too', async () => {
    const { world, log, start, pulled } = setUp()
    await pulled('a:1', 'b:1', 'c:1', 'd:1')
    world.used.add('docker.io/library/a:1')
    world.available = 140
    await start().collect()
    expect(log).toEqual(['b:1', 'c:1'])
    world.used.clear()
    await clock.advance(minute)
    world.available = 150
    await start().collect()
    expect(log.slice(2)).toEqual(['d:1', 'a:1'])
  })

  test('are told of when there are too few', async () => {
    const { world, log, pulled } = setUp({ refused: 'b:1' })
    const images = await pulled('a:1', 'b:1')
    world.available = 100
    await images.collect()
    expect(log).toEqual([
      'a:1',
      'FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to free 100 bytes, but only found 40 bytes eligible to free.',
    ])
  })

  test('stay until they are of age', async () => {
    const { world, log, pulled } = setUp({ policy: { minimumAgeMs: 2 * minute } })
    const images = await pulled('old:1', 'young:1')
    world.available = 10
    await images.removeUnused()
    expect(log).toEqual(['old:1'])
    await clock.advance(minute)
    await images.removeUnused()
    expect(log).toEqual(['old:1', 'young:1'])
  })

  test('go when nobody has needed them for long', async () => {
    const { world, log, pulled } = setUp({ policy: { maximumAgeMs: 10 * minute } })
    world.used.add('id of b:1')
    const images = await pulled('a:1', 'b:1')
    await clock.advance(11 * minute)
    await images.collect()
    expect(log).toEqual(['a:1'])
    world.used.clear()
    await clock.advance(5 * minute)
    await images.collect()
    expect(log).toEqual(['a:1'])
    await clock.advance(6 * minute)
    await images.collect()
    expect(log).toEqual(['a:1', 'b:1'])
  })
})
