/** What the runtime knows of a sandbox or container, kept on disk so that the next minik8s takes over what runs. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ContainerConfig, ContainerStatus, SandboxConfig } from '../types.js'
import type { UserIdentity } from './users.js'

/** What a container needs of its image and user once it runs: for commands that are executed in it. */
export interface ResolvedContainer {
  argv: readonly string[]
  env: readonly string[]
  workingDirectory: string
  identity: UserIdentity
  stopSignal: string
  /** `cgroup.procs` files. */
  groups: readonly string[]
}

export interface ContainerRecord {
  node: string
  status: ContainerStatus
  sandbox?: SandboxConfig
  container?: ContainerConfig
  resolved?: ResolvedContainer
  /** Of the main process, as this machine counts; with the clock ticks from boot to its start, which tell it from a later one. */
  process?: { pid: number; startTicks: string }
}

const fileName = 'state.json'

export class RecordStore {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Of all that belongs to one sandbox or container. */
  directoryOf(id: string): string {
    return join(this.#directory, id)
  }

  async create(record: ContainerRecord): Promise<void> {
    await mkdir(this.directoryOf(record.status.id), { recursive: true, mode: 0o711 })
    await this.write(record)
  }

  async write(record: ContainerRecord): Promise<void> {
    const path = join(this.directoryOf(record.status.id), fileName)
    await writeFile(`${path}.new`, JSON.stringify(record), { mode: 0o600 })
    await rename(`${path}.new`, path)
  }

  async remove(id: string): Promise<void> {
    await rm(this.directoryOf(id), { recursive: true, force: true })
  }

  /** Everything on disk; what was cut short while it was made is removed. */
  async readAll(): Promise<ContainerRecord[]> {
    const ids = await readdir(this.#directory).catch(() => [])
    const records = await Promise.all(
      ids.map(async id => {
        const text = await readFile(join(this.#directory, id, fileName), 'utf8').catch(() => undefined)
        if (text !== undefined) return JSON.parse(text) as ContainerRecord
        await this.remove(id)
        return undefined
      }),
    )
    return records.filter(record => record !== undefined)
  }
}

/** Clock ticks from boot to the start of that process; undefined when there is none. */
export async function startTicksOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses may hold spaces; the 22nd field is the 20th after it.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}
