/**
 * Writes a set of files so that a reader sees all of the old or all of the new: upstream's AtomicWriter, same layout.
 *
 *     ..2026_01_02_15_04_05.123456789/a/b     the files, in a directory of this update
 *     ..data -> ..2026_01_02_15_04_05.123456789   swapped by rename
 *     a -> ..data/a                               what users open
 */
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  unlink,
  writeFile,
} from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { checkPayloadPath, cleanPath, type Payload } from './payload.js'

const dataLink = '..data'
const newDataLink = '..data_tmp'

const firstPart = (path: string) => path.split('/', 1)[0]!

/** As makeDirectory names them. */
const updateName = /^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\d+$/

/** A link that leads elsewhere is not ours: what it leads to is neither believed nor removed. */
async function currentDirectory(target: string): Promise<string | undefined> {
  const name = await readlink(join(target, dataLink)).catch(() => '')
  return updateName.test(name) ? name : undefined
}

async function filesBelow(root: string, at = ''): Promise<string[]> {
  const entries = await readdir(join(root, at), { withFileTypes: true })
  const nested = entries.map(async entry => {
    const path = at ? `${at}/${entry.name}` : entry.name
    return entry.isDirectory() ? filesBelow(root, path) : [path]
  })
  return (await Promise.all(nested)).flat()
}

async function isSame(directory: string, payload: Payload): Promise<boolean> {
  const files = await filesBelow(directory).catch(() => undefined)
  if (!files || files.length !== payload.size) return false
  for (const path of files) {
    const wanted = payload.get(path)
    if (!wanted?.data.equals(await readFile(join(directory, path)))) return false
  }
  return true
}

/** `..2026_01_02_15_04_05.123000000`, unlike any that is there. */
async function makeDirectory(target: string, now: number): Promise<string> {
  const [date, time] = new Date(now).toISOString().split('T') as [string, string]
  const stamp = `..${date.replaceAll('-', '_')}_${time.slice(0, 8).replaceAll(':', '_')}.`
  for (let nanos = (now % 1000) * 1_000_000; ; nanos++) {
    const name = stamp + String(Math.floor(nanos)).padStart(9, '0')
    try {
      await mkdir(join(target, name), { mode: 0o755 })
      await chmod(join(target, name), 0o755)
      return name
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

async function writeFiles(directory: string, payload: Payload): Promise<void> {
  for (const [path, { data, mode, uid }] of payload) {
    const full = join(directory, path)
    await mkdir(dirname(full), { recursive: true, mode: 0o755 })
    await writeFile(full, data, { mode })
    // The process' umask must not decide.
    await chmod(full, mode)
    if (uid !== undefined) await chown(full, uid, -1).catch(() => {})
  }
}

async function linkVisible(target: string, payload: Payload): Promise<void> {
  for (const name of new Set([...payload.keys()].map(firstPart))) {
    const link = join(target, name)
    const present = await lstat(link).catch(() => undefined)
    if (!present) await symlink(join(dataLink, name), link)
  }
}

async function unlinkGone(target: string, payload: Payload): Promise<void> {
  const wanted = new Set([...payload.keys()].map(firstPart))
  for (const name of await readdir(target)) {
    if (name.startsWith('..') || wanted.has(name)) continue
    await unlink(join(target, name)).catch(() => {})
  }
}

export interface AtomicWriteOptions {
  /** Milliseconds since the epoch; names the directory of the update. */
  now: number
  /** Sets owners and modes in the new directory before anyone sees it. */
  prepare?(directory: string): Promise<void>
}

/** Makes the files in `target` those of `payload`; returns whether anything changed. Rejects on a path that would leave it. */
export async function writeAtomically(target: string, files: Payload, options: AtomicWriteOptions): Promise<boolean> {
  const payload: Payload = new Map()
  for (const [path, file] of files) {
    checkPayloadPath(path)
    payload.set(cleanPath(path), file)
  }
  const old = await currentDirectory(target)
  if (old !== undefined && (await isSame(join(target, old), payload))) {
    await linkVisible(target, payload)
    return false
  }
  const fresh = await makeDirectory(target, options.now)
  await writeFiles(join(target, fresh), payload)
  await options.prepare?.(join(target, fresh))
  await rm(join(target, newDataLink), { force: true })
  await symlink(fresh, join(target, newDataLink))
  await rename(join(target, newDataLink), join(target, dataLink))
  await linkVisible(target, payload)
  await unlinkGone(target, payload)
  if (old !== undefined) await rm(join(target, old), { recursive: true, force: true })
  return true
}
