import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Header, pack } from 'tar-stream'
import { unpackLayer } from './unpack-layer.js'

type Entry = Partial<Header> & { name: string; text?: string }

let directory: string
let root: string
let outside: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'minik8s-layer-'))
  root = join(directory, 'root')
  outside = join(directory, 'outside')
  mkdirSync(root)
  mkdirSync(outside)
  writeFileSync(join(outside, 'secret'), 'untouched')
})
afterEach(() => rmSync(directory, { recursive: true }))

const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

async function archive(entries: readonly Entry[]): Promise<Buffer> {
  const packed = pack()
  for (const { text, ...header } of entries) packed.entry({ ...own, ...header }, text ?? '')
  packed.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of packed) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function* once(bytes: Buffer) {
  yield bytes
}
const unpack = async (...entries: Entry[]) => unpackLayer(once(await archive(entries)), root)

describe('a layer', () => {
  test('may be gzipped', async () => {
    await unpackLayer(once(gzipSync(await archive([{ name: 'a/b', text: 'here', mode: 0o750 }]))), root)
    expect(readFileSync(join(root, 'a/b'), 'utf8')).toBe('here')
    expect(statSync(join(root, 'a/b')).mode & 0o777).toBe(0o750)
  })

  test('takes away what it marks, and what was in a directory that it replaces', async () => {
    for (const name of ['kept', 'gone', 'dir/old']) {
      mkdirSync(join(root, 'dir'), { recursive: true })
      writeFileSync(join(root, name), '')
    }
    await unpack({ name: '.wh.gone' }, { name: 'dir/.wh..wh..opq' }, { name: 'dir/new' })
    expect(['kept', 'gone', 'dir/old', 'dir/new'].map(name => existsSync(join(root, name)))).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  test.each([
    { name: 'a name with ..', entries: [{ name: '../outside/secret', text: 'changed' }] },
    {
      name: 'a link that leads outside, as a directory',
      entries: [
        { name: 'way', type: 'symlink' as const, linkname: '../outside' },
        { name: 'way/secret', text: 'changed' },
      ],
    },
    {
      name: 'a link that leads outside, under the name of the file',
      entries: [
        { name: 'file', type: 'symlink' as const, linkname: '../outside/secret' },
        { name: 'file', text: 'changed' },
      ],
    },
    { name: 'a mark outside', entries: [{ name: '../outside/.wh.secret' }] },
  ])('reaches nothing outside by $name', async ({ entries }) => {
    await unpack(...entries)
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('untouched')
  })

  test('links nothing outside', async () => {
    symlinkSync(outside, join(root, 'way'))
    await unpack({ name: 'stolen', type: 'link', linkname: 'way/secret' }).catch(() => {})
    expect(existsSync(join(root, 'stolen'))).toBe(false)
  })
})
