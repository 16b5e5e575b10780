/** Where tests keep what takes long to get: `minik8s-test` in the user's cache. */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

export function testCache(): string {
  const directory = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'minik8s-test')
  mkdirSync(directory, { recursive: true })
  return directory
}
