/** Removes directories of pods: containers may have written there as any user. */
import { rm } from 'node:fs/promises'
import type { Runtime } from './runtime/runtime.js'

/** With all that is in it; nothing to do when it is not there. */
export type RemoveFiles = (path: string) => Promise<void>

const removeOwn: RemoveFiles = path => rm(path, { recursive: true, force: true })

/** What we may not remove ourselves is left to the runtime. */
export function newRemoveFiles(runtime: Pick<Runtime, 'removeFiles'>): RemoveFiles {
  if (!runtime.removeFiles) return removeOwn
  return async path => {
    try {
      await removeOwn(path)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EACCES' && code !== 'EPERM') throw error
      await runtime.removeFiles?.(path)
    }
  }
}
