import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { silentLogger } from '../../telemetry/logger.js'
import { PulledImages } from './pulled-images.js'

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-pulled-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function setUp(refused = '') {
  const removed: string[] = []
  const removeImage = async (name: string) => {
    if (name === refused) throw new Error('in use')
    removed.push(name)
  }
  const start = () => new PulledImages({ runtime: { removeImage }, log: silentLogger }, join(directory, 'pulled.json'))
  return { removed, start }
}

test('only what was pulled and is not used is removed, over restarts too', async () => {
  const { removed, start } = setUp()
  const before = start()
  await Promise.all(['app:1', 'app:2', 'db:latest', 'app:1'].map(name => before.note(name)))
  const after = start()
  await after.collect(new Set(['app:2']))
  expect(removed.sort()).toEqual(['app:1', 'db:latest'])
  await start().collect(new Set())
  expect(removed).toEqual(['app:1', 'db:latest', 'app:2'])
})

test('what cannot be removed is tried again', async () => {
  const { removed, start } = setUp('app:1')
  const images = start()
  await images.note('app:1')
  await images.collect(new Set())
  expect(removed).toEqual([])
  const later = setUp()
  await later.start().collect(new Set())
  expect(later.removed).toEqual(['app:1'])
})
