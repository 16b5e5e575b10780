import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { container, newPod } from '../testing/pods.js'
import { diskUseOf } from './disk-use.js'
import { exceededLimit, hasLocalLimits } from './local-storage.js'

const limited = (name: string, limit: string) =>
  container(name, { resources: { limits: { 'ephemeral-storage': limit } } })

const pod = newPod({
  containers: [limited('app', '10Mi'), limited('log', '5Mi')],
  volumes: [
    { name: 'work', emptyDir: { sizeLimit: '1Mi' } },
    { name: 'free', emptyDir: {} },
    { name: 'fast', emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  ],
})

const mebi = (entries: Record<string, number>) =>
  new Map(Object.entries(entries).map(([name, value]) => [name, value * 2 ** 20]))

test.each([
  ['all is within limits', { work: 1, free: 3 }, { app: 5, log: 4 }, undefined],
  ['a volume is too large', { work: 2 }, {}, 'Usage of EmptyDir volume "work" exceeds the limit "1Mi". '],
  ['what is in memory is limited by its file system', { fast: 2 }, {}, undefined],
  [
    'volumes and containers together are too large',
    { free: 8 },
    { app: 4, log: 4 },
    'Pod ephemeral local storage usage exceeds the total limit of containers 15Mi. ',
  ],
  [
    'a container wrote too much',
    {},
    { app: 1, log: 6 },
    'Container log exceeded its local ephemeral storage limit "5Mi". ',
  ],
] as const)('%s', (_, volumes, containers, message) => {
  expect(exceededLimit(pod, { volumes: mebi(volumes), containers: mebi(containers), hostsFile: 0 })).toBe(message)
})

test('only what is limited needs to be measured', () => {
  expect(hasLocalLimits(pod)).toBe(true)
  expect(hasLocalLimits(newPod({ volumes: [{ name: 'free', emptyDir: {} }] }))).toBe(false)
})

test('links are not followed when a directory is measured', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'minik8s-disk-use-'))
  try {
    writeFileSync(join(directory, 'file'), Buffer.alloc(8192, 1))
    symlinkSync('/usr', join(directory, 'link'))
    const { bytes, inodes } = await diskUseOf(directory)
    expect(inodes).toBe(2)
    expect(bytes).toBeGreaterThanOrEqual(8192)
    expect(bytes).toBeLessThan(64 * 1024)
  } finally {
    rmSync(directory, { recursive: true })
  }
})
