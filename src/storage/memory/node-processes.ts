/** The processes of this machine, for the lock of the data directory. */
import { readFile } from 'node:fs/promises'
import type { ProcessTable } from './lock.js'

// Field 22 of /proc/PID/stat; the command in field 2 may hold blanks and parentheses, so count from the last ')'.
const startTimeAfterCommand = 19

async function identity(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A process that has ended, but was not waited for by its parent, holds nothing any more.
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[startTimeAfterCommand]
  } catch {
    return identityWithoutProc(pid)
  }
}

/** Where there is no /proc a pid alone must do. */
function identityWithoutProc(pid: number): string | undefined {
  if (process.platform === 'linux') return undefined
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'alive' : undefined
  }
}

/** Of this machine and this process. */
export const nodeProcesses: ProcessTable = { pid: process.pid, identity }
