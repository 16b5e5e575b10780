/** Unpacks one layer of an image over what earlier layers left, in a directory that it cannot leave. */
import { createWriteStream } from 'node:fs'
import { chmod, chown, lchown, link, lstat, mkdir, readdir, rm, symlink, utimes } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable, type Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import type { Header } from 'tar-stream'
import { resolveInRoot } from './resolve-in-root.js'

const whiteoutPrefix = '.wh.'
const opaqueMarker = '.wh..wh..opq'
/** Set-user-ID and the like included. */
const modeBits = 0o7777

/** Where an entry belongs: links in the names of its parents lead nowhere outside; its own name is never followed. */
async function placeOf(root: string, name: string): Promise<string | undefined> {
  const path = join('/', name)
  if (path === '/') return undefined
  const parent = await resolveInRoot(root, dirname(path))
  await mkdir(parent, { recursive: true })
  return join(parent, basename(path))
}

async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/** A directory over a directory adds to it; everything else takes the place of what is there. */
async function makeRoom(path: string, type: Header['type']): Promise<boolean> {
  const there = await lstat(path).catch(() => undefined)
  if (!there) return true
  if (type === 'directory' && there.isDirectory()) return false
  await remove(path)
  return true
}

async function writeWhiteout(root: string, place: string): Promise<void> {
  if (basename(place) === opaqueMarker) {
    const directory = dirname(place)
    for (const name of await readdir(directory).catch(() => [])) await remove(join(directory, name))
    return
  }
  const hidden = join(dirname(place), basename(place).slice(whiteoutPrefix.length))
  if (hidden.startsWith(`${root}/`)) await remove(hidden)
}

/** Device files are left out: those that a container may have are in its own /dev. */
async function writeEntry(root: string, header: Header, content: Readable): Promise<void> {
  const place = await placeOf(root, header.name)
  if (!place) return
  if (basename(place).startsWith(whiteoutPrefix)) return writeWhiteout(root, place)
  const { type, linkname, mode = 0o755, uid = 0, gid = 0, mtime } = header
  const isNew = await makeRoom(place, type)
  switch (type) {
    case 'directory':
      if (isNew) await mkdir(place)
      break
    case 'file':
    case 'contiguous-file':
      await pipeline(content, createWriteStream(place, { flags: 'wx', mode: 0o600 }))
      break
    case 'symlink':
      await symlink(linkname ?? '', place)
      await lchown(place, uid, gid)
      return
    case 'link': {
      const target = join('/', linkname ?? '')
      await link(join(await resolveInRoot(root, dirname(target)), basename(target)), place)
      return
    }
    default:
      return
  }
  // The owner first: a change of it takes set-user-ID away.
  await chown(place, uid, gid)
  await chmod(place, mode & modeBits)
  if (mtime && type !== 'directory') await utimes(place, mtime, mtime)
}

const gzipMagic = 0x1f8b
const zstdMagic = 0x28b52ffd
const noZstd =
  'a layer is compressed by zstd, which Node.js knows from 22.15 on: use a newer one, or an image compressed by gzip'

/** Node knows zstd from 22.15 on. */
const newZstdDecompressor = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress

/** Layers are tar archives, plain or compressed by gzip or zstd. */
async function* decompressed(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]()
  const first = await iterator.next()
  if (first.done) return
  const head = first.value
  const all = async function* () {
    yield head
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value
  }
  if (head.length >= 4 && head.readUInt32BE(0) === zstdMagic) {
    if (!newZstdDecompressor) throw new Error(noZstd)
    yield* Readable.from(all()).pipe(newZstdDecompressor())
    return
  }
  if (head.length < 2 || head.readUInt16BE(0) !== gzipMagic) {
    yield* all()
    return
  }
  yield* Readable.from(all()).pipe(zlib.createGunzip())
}

/** Rejects for what is no archive. */
export async function unpackLayer(layer: AsyncIterable<Buffer>, root: string): Promise<void> {
  const { extract } = await import('tar-stream')
  const archive = extract()
  const feeding = pipeline(Readable.from(decompressed(layer)), archive)
  feeding.catch(() => {})
  for await (const entry of archive) {
    await writeEntry(root, entry.header, entry as unknown as Readable)
    entry.resume()
  }
  await feeding
}
