/** Checks a hostPath volume against its type, and makes what its type says may be made. */

import type { Stats } from 'node:fs'
import { mkdir, open, stat } from 'node:fs/promises'
import type { HostPathVolumeSource } from '../../apis/generated/core-v1.js'

const checks: Record<string, { test(stats: Stats): boolean; what: string }> = {
  Directory: { test: s => s.isDirectory(), what: 'a directory' },
  DirectoryOrCreate: { test: s => s.isDirectory(), what: 'a directory' },
  File: { test: s => s.isFile(), what: 'a file' },
  FileOrCreate: { test: s => s.isFile(), what: 'a file' },
  Socket: { test: s => s.isSocket(), what: 'a socket file' },
  CharDevice: { test: s => s.isCharacterDevice(), what: 'a character device' },
  BlockDevice: { test: s => s.isBlockDevice(), what: 'a block device' },
}

async function makeMissing(path: string, type: string): Promise<void> {
  // Without a type the runtime makes a missing directory.
  if (type === '' || type === 'DirectoryOrCreate') await mkdir(path, { recursive: true, mode: 0o755 })
  if (type === 'FileOrCreate') await (await open(path, 'a', 0o644)).close()
}

/** Resolves with the path to mount. Rejects with upstream's message when there is something else there. */
export async function ensureHostPath({ path, type = '' }: HostPathVolumeSource): Promise<string> {
  if (path.split('/').includes('..')) throw new Error(`invalid HostPath \`${path}\`: must not contain '..'`)
  const there = () => stat(path).catch(() => undefined)
  if (!(await there())) await makeMissing(path, type)
  const check = checks[type]
  if (!check) return path
  const stats = await there()
  if (!stats || !check.test(stats)) throw new Error(`hostPath type check failed: ${path} is not ${check.what}`)
  return path
}
