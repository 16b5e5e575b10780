import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { writeAtomically } from './atomic-writer.js'
import { ensureHostPath } from './host-path.js'
import { isOwnedBy, setOwnership } from './ownership.js'
import type { Payload } from './payload.js'
import { makeWithin, resolveSubPath } from './sub-path.js'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kubelet-volumes-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const payload = (files: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(files).map(([path, text]) => [path, { data: Buffer.from(text), mode }]))
const now = Date.parse('2026-01-02T15:04:05.123Z')

describe('writeAtomically', () => {
  test('lays files out as upstream does', async () => {
    await writeAtomically(root, payload({ a: '1', 'dir/b': '2' }, 0o400), { now })
    expect(await readlink(join(root, '..data'))).toBe('..2026_01_02_15_04_05.123000000')
    expect(await readlink(join(root, 'a'))).toBe('..data/a')
    expect(await readFile(join(root, 'dir/b'), 'utf8')).toBe('2')
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o400)
  })

  test('swaps to new contents, and removes what is gone', async () => {
    await writeAtomically(root, payload({ a: '1', b: '2' }), { now })
    expect(await writeAtomically(root, payload({ a: 'new', c: '3' }), { now })).toBe(true)
    expect((await readdir(root)).filter(name => !name.startsWith('..2'))).toEqual(['..data', 'a', 'c'])
    expect((await readdir(root)).filter(name => name.startsWith('..2'))).toHaveLength(1)
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('new')
  })

  test('touches nothing when nothing changed', async () => {
    await writeAtomically(root, payload({ a: '1' }), { now })
    expect(await writeAtomically(root, payload({ a: '1' }), { now: now + 1000 })).toBe(false)
    expect(await readlink(join(root, '..data'))).toBe('..2026_01_02_15_04_05.123000000')
  })

  test('finishes what a crash left behind', async () => {
    await writeAtomically(root, payload({ a: '1' }), { now })
    await symlink('nowhere', join(root, '..data_tmp'))
    await rm(join(root, 'a'))
    await writeAtomically(root, payload({ a: '1' }), { now })
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('1')
    await writeAtomically(root, payload({ a: '2' }), { now })
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('2')
  })

  test.each(['../x', '/etc/x', 'a/../../x', '..data', '..x/y', ''])('refuses the path %j', async path => {
    await expect(writeAtomically(root, payload({ [path]: 'evil' }), { now })).rejects.toThrow('invalid path')
    expect(await readdir(root)).toEqual([])
  })
})

describe('resolveSubPath', () => {
  const at = { volume: 'v', container: 'c' }

  test('says where a missing directory is to be made, with the mode of the volume', async () => {
    await chmod(root, 0o777)
    const { hostPath, below } = await resolveSubPath(root, 'a/b', at)
    expect([hostPath, below]).toEqual([root, 'a/b'])
    expect((await stat(await makeWithin(hostPath, below))).mode & 0o777).toBe(0o777)
  })

  test('finds a file through links inside the volume', async () => {
    await writeFile(join(root, 'file'), '')
    await symlink('file', join(root, 'link'))
    expect(await resolveSubPath(root, 'link', at)).toEqual({ hostPath: root, below: 'file' })
  })

  test('does not follow links out of the volume', async () => {
    await symlink('/etc', join(root, 'out'))
    await expect(resolveSubPath(root, 'out/passwd', at)).rejects.toThrow(
      'failed to prepare subPath for volumeMount "v" of container "c"',
    )
    await expect(resolveSubPath(root, 'out/minik8s-no-such', at)).rejects.toThrow(
      'failed to create subPath directory for volumeMount "v" of container "c"',
    )
  })

  test.each(['../x', '/x', 'a/../../x'])('refuses %s', async subPath => {
    await expect(resolveSubPath(root, subPath, at)).rejects.toThrow('SubPath')
  })
})

describe('ensureHostPath', () => {
  test.each([
    ['Directory', 'is not a directory'],
    ['File', 'is not a file'],
    ['Socket', 'is not a socket file'],
    ['CharDevice', 'is not a character device'],
    ['BlockDevice', 'is not a block device'],
  ])('refuses what is no %s', async (type, message) => {
    await expect(ensureHostPath({ path: join(root, 'none'), type })).rejects.toThrow(
      `hostPath type check failed: ${join(root, 'none')} ${message}`,
    )
  })

  test('makes what may be made', async () => {
    await ensureHostPath({ path: join(root, 'd'), type: 'DirectoryOrCreate' })
    await ensureHostPath({ path: join(root, 'f'), type: 'FileOrCreate' })
    expect([(await stat(join(root, 'd'))).isDirectory(), (await stat(join(root, 'f'))).isFile()]).toEqual([true, true])
    await expect(ensureHostPath({ path: join(root, 'f'), type: 'DirectoryOrCreate' })).rejects.toThrow(
      'is not a directory',
    )
  })
})

const asRoot = process.getuid?.() === 0 ? test : test.skip
asRoot('setOwnership gives everything to the group, and links stay links', async () => {
  await mkdir(join(root, 'd'), { mode: 0o700 })
  await writeFile(join(root, 'd/f'), '', { mode: 0o600 })
  await symlink('/etc/passwd', join(root, 'link'))
  expect(await isOwnedBy(root, { gid: 1234, readOnly: false })).toBe(false)
  await setOwnership(root, { gid: 1234, readOnly: false })
  expect(await isOwnedBy(root, { gid: 1234, readOnly: false })).toBe(true)
  const of = async (path: string) => {
    const { gid, mode } = await lstat(join(root, path))
    return [gid, (mode & 0o7777).toString(8)]
  }
  expect([await of('d'), await of('d/f')]).toEqual([
    [1234, '2770'],
    [1234, '660'],
  ])
  expect((await stat('/etc/passwd')).gid).not.toBe(1234)
})
