/** Writes launchers to disk and starts them. */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process'
import { unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { RuntimeError } from '../../runtime.js'
import type { Launcher } from './launcher.js'
import type { Architecture } from './machine-code.js'

let sequence = 0

/** What was started; `report` is empty once all calls up to an execve went well. */
export interface StartedLauncher {
  child: ChildProcess
  report: Promise<Buffer>
}

/** Throws where launchers have no code for this machine. */
export function ownArchitecture(): Architecture {
  if (process.arch === 'x64' || process.arch === 'arm64') return process.arch
  throw new RuntimeError('other', `the process runtime has no code for the architecture ${process.arch}`)
}

/**
 * Starts it from a file in `directory`, in a session of its own. `stdio` is for descriptors 0 to 2, and from 4 on. Written and started
 * without a pause: a file that another start has open for writing cannot be executed.
 */
export function startLauncher(launcher: Launcher, directory: string, stdio: StdioOptions & unknown[]): StartedLauncher {
  const file = join(directory, `launch-${process.pid}-${++sequence}`)
  writeFileSync(file, launcher.file(ownArchitecture()), { mode: 0o700 })
  const [input = 'ignore', output = 'ignore', error = 'ignore', ...others] = stdio
  try {
    const child = spawn(file, [], {
      stdio: [input, output, error, 'pipe', ...others] as StdioOptions,
      detached: true,
      env: {},
    })
    child.on('error', () => {})
    const report = buffer(child.stdio[3] as Readable).catch(() => Buffer.alloc(0))
    return { child, report }
  } finally {
    unlinkSync(file)
  }
}

/** Waits for it; rejects with what failed. */
export async function runLauncher(launcher: Launcher, directory: string): Promise<Buffer> {
  const { child, report } = startLauncher(launcher, directory, ['ignore', 'pipe'])
  const [failed, output] = await Promise.all([report, buffer(child.stdout!)])
  const [failure] = launcher.failures(failed)
  if (failure) throw new RuntimeError('other', `${failure.what}: ${failure.code}`)
  return output
}
