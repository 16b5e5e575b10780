/** Control groups of containers: limits, usage and clean-up, on one hierarchy (v2), several (v1) or both; without any, containers run unlimited. */
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Logger } from '../../../telemetry/logger.js'
import type { LinuxResources } from '../types.js'

type Controller = 'cpu' | 'cpuacct' | 'memory' | 'pids'
const controllers: readonly Controller[] = ['cpu', 'cpuacct', 'memory', 'pids']
const quotaPeriod = 100_000

export interface Hierarchies {
  /** Of the one hierarchy, where it has controllers. */
  unified?: string
  /** Mount points by controller. */
  separate: Readonly<Partial<Record<Controller, string>>>
}

/** What /proc/mounts and the controllers of the one hierarchy say. Pure. */
export function findHierarchies(mounts: string, unifiedControllers: (path: string) => string): Hierarchies {
  const separate: Partial<Record<Controller, string>> = {}
  let unified: string | undefined
  for (const line of mounts.split('\n')) {
    const [, path = '', type, options = ''] = line.split(' ')
    if (type === 'cgroup') {
      for (const controller of controllers) if (options.split(',').includes(controller)) separate[controller] ??= path
    } else if (type === 'cgroup2' && /\b(cpu|memory)\b/.test(unifiedControllers(path))) unified ??= path
  }
  return { ...(unified !== undefined && { unified }), separate }
}

export interface Usage {
  cpuUsageNanoseconds: number
  memoryUsageBytes: number
  memoryWorkingSetBytes: number
  memoryRssBytes: number
  pids: number
}

const numberIn = async (path: string) => Number((await readFile(path, 'utf8').catch(() => '0')).trim()) || 0

/** `key value` lines. */
async function tableIn(path: string): Promise<Record<string, number>> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return Object.fromEntries(
    text.split('\n').flatMap(line => {
      const [key, value] = line.split(' ')
      return key && value ? [[key, Number(value)]] : []
    }),
  )
}

/** As crun and runc convert: 2 to 262144 shares are 1 to 10000 of weight. */
const weightOf = (shares: number) => Math.min(10_000, Math.max(1, 1 + Math.floor(((shares - 2) * 9999) / 262_142)))

export class ControlGroups {
  readonly #hierarchies: Hierarchies
  /** Below each hierarchy. */
  readonly #base: string
  readonly #log: Logger
  #told = false

  constructor(hierarchies: Hierarchies, cluster: string, log: Logger) {
    this.#hierarchies = hierarchies
    this.#base = `minik8s/${cluster}`
    this.#log = log
  }

  static async open(cluster: string, log: Logger): Promise<ControlGroups> {
    const { readFileSync } = await import('node:fs')
    const unified = (path: string) => {
      try {
        return readFileSync(join(path, 'cgroup.controllers'), 'utf8')
      } catch {
        return ''
      }
    }
    const mounts = await readFile('/proc/mounts', 'utf8').catch(() => '')
    const groups = new ControlGroups(findHierarchies(mounts, unified), cluster, log)
    await groups.#delegate()
    return groups
  }

  /** Of one hierarchy. */
  get unified(): boolean {
    return this.#hierarchies.unified !== undefined
  }

  /** Directories of a container, one for each mount point. */
  #directories(id: string): string[] {
    const { unified, separate } = this.#hierarchies
    const tops = unified === undefined ? Object.values(separate) : [unified]
    return [...new Set(tops)].map(top => join(top, this.#base, id))
  }

  /** Directories by the name of their mount point, where there are several. */
  separateDirectories(id: string): { name: string; path: string }[] {
    const { unified, separate } = this.#hierarchies
    if (unified !== undefined) return []
    const tops = [...new Set(Object.values(separate))]
    return tops.map(top => ({ name: top.slice(top.lastIndexOf('/') + 1), path: join(top, this.#base, id) }))
  }

  async #write(directory: string, file: string, value: string | number): Promise<boolean> {
    try {
      await writeFile(join(directory, file), String(value))
      return true
    } catch (error) {
      this.#tell(error)
      return false
    }
  }

  /** Once: it is the same for each container. */
  #tell(error: unknown): void {
    if (this.#told) return
    this.#told = true
    this.#log.warn(
      { error: String(error) },
      'Control groups cannot be used as wanted: limits of containers may not hold',
    )
  }

  /** Lets the groups below have controllers of their own. */
  async #delegate(): Promise<void> {
    const { unified, separate } = this.#hierarchies
    if (unified === undefined && Object.keys(separate).length === 0) {
      this.#tell('there is none')
      return
    }
    if (unified === undefined) return
    for (const path of [unified, join(unified, 'minik8s'), join(unified, this.#base)]) {
      await mkdir(path, { recursive: true }).catch(error => this.#tell(error))
      for (const name of ['cpu', 'memory', 'pids']) await this.#write(path, 'cgroup.subtree_control', `+${name}`)
    }
  }

  /** Makes the groups of a container. Resolves with the files through which a process enters them. */
  async create(id: string, resources: LinuxResources): Promise<string[]> {
    const made: string[] = []
    for (const directory of this.#directories(id)) {
      try {
        await mkdir(directory, { recursive: true })
        made.push(join(directory, 'cgroup.procs'))
      } catch (error) {
        this.#tell(error)
      }
    }
    await this.limit(id, resources)
    return made
  }

  async limit(id: string, { cpuShares, cpuQuota, memoryLimitBytes }: LinuxResources): Promise<void> {
    const { unified, separate } = this.#hierarchies
    if (unified !== undefined) {
      const at = join(unified, this.#base, id)
      await this.#write(at, 'cpu.weight', weightOf(cpuShares))
      await this.#write(at, 'cpu.max', `${cpuQuota ?? 'max'} ${quotaPeriod}`)
      await this.#write(at, 'memory.max', memoryLimitBytes ?? 'max')
      // There may be no swap to limit.
      if (memoryLimitBytes) await writeFile(join(at, 'memory.swap.max'), '0').catch(() => {})
      return
    }
    if (separate.cpu) {
      const at = join(separate.cpu, this.#base, id)
      await this.#write(at, 'cpu.shares', cpuShares)
      await this.#write(at, 'cpu.cfs_period_us', quotaPeriod)
      await this.#write(at, 'cpu.cfs_quota_us', cpuQuota ?? -1)
    }
    if (separate.memory) await this.#limitMemory(join(separate.memory, this.#base, id), memoryLimitBytes ?? -1)
  }

  /** Memory and swap together may never be below memory: which comes first hangs on the direction. */
  async #limitMemory(at: string, bytes: number): Promise<void> {
    const both = join(at, 'memory.memsw.limit_in_bytes')
    await writeFile(both, String(bytes)).catch(() => {})
    await this.#write(at, 'memory.limit_in_bytes', bytes)
    await writeFile(both, String(bytes)).catch(() => {})
  }

  /** Undefined without control groups. */
  async usage(id: string): Promise<Usage | undefined> {
    const { unified, separate } = this.#hierarchies
    if (unified !== undefined) {
      const at = join(unified, this.#base, id)
      const [cpu, memory, used, pids] = await Promise.all([
        tableIn(join(at, 'cpu.stat')),
        tableIn(join(at, 'memory.stat')),
        numberIn(join(at, 'memory.current')),
        numberIn(join(at, 'pids.current')),
      ])
      return usageOf({
        cpu: (cpu.usage_usec ?? 0) * 1000,
        used,
        inactive: memory.inactive_file,
        rss: memory.anon,
        pids,
      })
    }
    if (!separate.memory || !separate.cpuacct) return undefined
    const at = join(separate.memory, this.#base, id)
    const [cpu, memory, used, pids] = await Promise.all([
      numberIn(join(separate.cpuacct, this.#base, id, 'cpuacct.usage')),
      tableIn(join(at, 'memory.stat')),
      numberIn(join(at, 'memory.usage_in_bytes')),
      separate.pids ? numberIn(join(separate.pids, this.#base, id, 'pids.current')) : 0,
    ])
    return usageOf({ cpu, used, inactive: memory.total_inactive_file, rss: memory.total_rss, pids })
  }

  /** Whether the kernel killed something of it for want of memory. */
  async wasOutOfMemory(id: string): Promise<boolean> {
    const { unified, separate } = this.#hierarchies
    const top = unified ?? separate.memory
    if (top === undefined) return false
    const file = unified === undefined ? 'memory.oom_control' : 'memory.events'
    return ((await tableIn(join(top, this.#base, id, file))).oom_kill ?? 0) > 0
  }

  /** Every process of it, as this process' namespace counts. */
  async processes(id: string): Promise<number[]> {
    const [directory] = this.#directories(id)
    if (!directory) return []
    const text = await readFile(join(directory, 'cgroup.procs'), 'utf8').catch(() => '')
    return text.split('\n').filter(Boolean).map(Number)
  }

  /** Its processes are to be gone already. */
  async remove(id: string): Promise<void> {
    await Promise.all(this.#directories(id).map(removeTree))
  }

  /** Those of all containers of the cluster. */
  async removeAll(): Promise<void> {
    const directories = this.#directories('')
    await Promise.all(directories.map(removeTree))
    // Other clusters may have theirs beside it.
    await Promise.all(directories.map(path => rmdir(dirname(path)).catch(() => {})))
  }
}

function usageOf(read: { cpu: number; used: number; inactive?: number; rss?: number; pids: number }): Usage {
  const { cpu, used, inactive = 0, rss = 0, pids } = read
  return {
    cpuUsageNanoseconds: cpu,
    memoryUsageBytes: used,
    memoryWorkingSetBytes: Math.max(0, used - inactive),
    memoryRssBytes: rss,
    pids,
  }
}

const attempts = 20
const pauseMs = 10

/** Groups made inside of it by its processes included. The kernel lets go a moment after the last process. */
async function removeTree(directory: string): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => undefined)
    if (!entries) return
    await Promise.all(entries.filter(entry => entry.isDirectory()).map(({ name }) => removeTree(join(directory, name))))
    const removed = await rmdir(directory).then(
      () => true,
      () => false,
    )
    if (removed) return
    await new Promise(resolve => setTimeout(resolve, pauseMs))
  }
}
