/** `snapshot fork`: a running cluster's state in a data directory of its own. Files that do not change any more are shared. */
import { constants, copyFile, cp, link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type StoreFile, storeFiles } from '../../storage/memory/files.js'
import { nodeFileSystem } from '../../storage/memory/node-file-system.js'
import { UserError } from '../user-error.js'

const hasCode = (error: unknown, ...codes: string[]) => codes.includes((error as NodeJS.ErrnoException).code ?? '')

/** The newest snapshot and what follows it. */
function needed(files: readonly StoreFile[]): StoreFile[] {
  const snapshot = files.findLast(({ kind }) => kind === 'snapshot')
  const logs = files.filter(({ kind, revision }) => kind === 'log' && revision > (snapshot?.revision ?? 0))
  return snapshot ? [snapshot, ...logs] : logs
}

/** A name more for the same bytes, where the file system has such; else a copy. */
async function share(from: string, to: string): Promise<void> {
  await link(from, to).catch(error => {
    if (!hasCode(error, 'EXDEV', 'EPERM', 'ENOTSUP', 'EMLINK')) throw error
    return copyFile(from, to, constants.COPYFILE_FICLONE)
  })
}

/** The last segment still grows, so it is copied: what it has by now is whole but for a write under way, which the fork's start cuts off. */
async function forkStore(from: string, to: string): Promise<void> {
  const files = needed(storeFiles(await readdir(from)))
  if (!files.length) throw new UserError(`there is no store in ${from}`)
  for (const file of files) {
    const [source, target] = [join(from, file.name), join(to, file.name)]
    if (file.kind === 'snapshot' || file !== files.at(-1)) await share(source, target)
    else await copyFile(source, target, constants.COPYFILE_FICLONE)
  }
}

/** The running cluster may replace its log by a snapshot meanwhile: then another look is taken. */
const mostTries = 5

/** Resolves with a sentence. Takes the keys too, so that kubeconfigs and tokens hold; the containers of pods stay with the original. */
export async function forkDataDirectory(dataDir: string, target: string): Promise<string> {
  const began = performance.now()
  await mkdir(target, { recursive: true, mode: 0o700 })
  if ((await readdir(target)).length) throw new UserError(`${target} is not empty: choose another directory`)
  const store = join(target, 'store')
  for (let tries = 1; ; tries++) {
    await mkdir(store, { mode: 0o700, recursive: true })
    try {
      await forkStore(join(dataDir, 'store'), store)
      break
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error
      if (tries === mostTries) throw new UserError(`there is no store in ${dataDir}`)
      for (const name of await readdir(store)) await nodeFileSystem.remove(join(store, name))
    }
  }
  await cp(join(dataDir, 'pki'), join(target, 'pki'), { recursive: true }).catch(error => {
    if (!hasCode(error, 'ENOENT')) throw error
  })
  await nodeFileSystem.syncDirectory(store)
  return `${target} holds the state of ${dataDir} (${(performance.now() - began).toFixed(0)} ms): minik8s up --data-dir ${target} --port …`
}
