/** Keeps a store directory to one process: a file with the owner's pid. The lock of a process that is gone is taken over. */
import { join } from 'node:path'
import type { FileSystem } from './file-system.js'

/** Who runs on this machine. */
export interface ProcessTable {
  readonly pid: number
  /** Tells two processes apart that were given one pid, such as its start time; undefined: no such process. */
  identity(pid: number): Promise<string | undefined>
}

/** Another process has the directory. */
export class StoreLocked extends Error {
  constructor(directory: string, pid: number) {
    super(
      `The data directory ${directory} is in use by process ${pid}. Stop that process first, or choose another --data-dir.`,
    )
    this.name = 'StoreLocked'
  }
}

const lockName = 'lock'

interface Owner {
  pid: number
  identity: string
}

function parseOwner(text: string | undefined): Owner | undefined {
  const [pid, identity] = text?.trim().split(' ') ?? []
  return pid && /^\d+$/.test(pid) ? { pid: Number(pid), identity: identity ?? '' } : undefined
}

const isTaken = (error: unknown) => (error as NodeJS.ErrnoException)?.code === 'EEXIST'

async function isAlive(processes: ProcessTable, owner: Owner): Promise<boolean> {
  const identity = await processes.identity(owner.pid)
  return identity !== undefined && identity === owner.identity
}

/** Resolves with what releases the lock. Throws StoreLocked. */
export async function lockDirectory(
  fileSystem: FileSystem,
  directory: string,
  processes: ProcessTable,
): Promise<() => Promise<void>> {
  const path = join(directory, lockName)
  const text = `${processes.pid} ${(await processes.identity(processes.pid)) ?? ''}\n`
  for (let attempt = 0; ; attempt++) {
    try {
      await fileSystem.createExclusive(path, text)
      return () => fileSystem.remove(path)
    } catch (error) {
      if (!isTaken(error) || attempt === 3) throw error
    }
    await removeStale(fileSystem, directory, processes)
  }
}

// The stale file is moved aside before it is removed: of two processes that found it, one finds it gone and looks again.
async function removeStale(fileSystem: FileSystem, directory: string, processes: ProcessTable) {
  const path = join(directory, lockName)
  const text = await fileSystem.readText(path)
  if (text === undefined) return
  const owner = parseOwner(text)
  if (owner && (await isAlive(processes, owner))) throw new StoreLocked(directory, owner.pid)
  const aside = `${path}.stale-${processes.pid}`
  try {
    await fileSystem.rename(path, aside)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await fileSystem.remove(aside)
}
