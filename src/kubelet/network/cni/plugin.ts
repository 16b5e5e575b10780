/** Runs the program of a CNI plugin: parameters in the environment, configuration on standard input, answer on standard output. */
import { spawn } from 'node:child_process'
import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Clock } from '../../../machinery/clock.js'
import { RuntimeError } from '../../runtime/runtime.js'
import { failureOf } from './result.js'

export type PluginCommand = 'ADD' | 'DEL' | 'CHECK'

/** What a plugin is asked about. */
export interface Attachment {
  containerId: string
  /** Path; empty when it is gone. */
  namespace: string
  interfaceName: string
  /** `key=value` pairs, separated by semicolons. */
  args: string
}

export interface PluginsOptions {
  /** Where the programs are, the first that has one counts. */
  directories: readonly string[]
  /** Of the programs: they call others, such as iptables. */
  path: string
  clock: Clock
  /** After so long a plugin is killed. */
  timeoutMs: number
}

export type RunPlugin = (
  type: string,
  call: { command: PluginCommand; attachment: Attachment },
  configuration: object,
) => Promise<string>

async function findProgram(type: string, directories: readonly string[]): Promise<string> {
  for (const directory of directories) {
    const program = join(directory, type)
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return program
  }
  throw new RuntimeError('other', `there is no CNI plugin ${type} in ${directories.join(', ')}`)
}

/** Resolves with what the plugin printed; rejects with what it complains of. */
export const newPluginRunner =
  ({ directories, path, clock, timeoutMs }: PluginsOptions): RunPlugin =>
  async (type, { command, attachment }, configuration) => {
    const program = await findProgram(type, directories)
    const env = {
      PATH: path,
      CNI_COMMAND: command,
      CNI_CONTAINERID: attachment.containerId,
      CNI_NETNS: attachment.namespace,
      CNI_IFNAME: attachment.interfaceName,
      CNI_ARGS: attachment.args,
      CNI_PATH: directories.join(':'),
    }
    // In a process group of its own: what it starts ends with it.
    const child = spawn(program, [], { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    let isLate = false
    const timer = clock.after(timeoutMs, () => {
      isLate = true
      if (child.pid) process.kill(-child.pid, 'SIGKILL')
    })
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', resolve)
    })
    // It may end without reading.
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(configuration))
    try {
      const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
      if (isLate)
        throw new RuntimeError('timeout', `CNI plugin ${type} did not ${command} within ${timeoutMs / 1000} s`)
      if (code !== 0) throw failureOf({ plugin: type, command }, { stdout, stderr })
      return stdout
    } finally {
      timer.cancel()
    }
  }
