/**
 * Gives Docker what is below a volume at a path that no container can change: bound there, without following links, from before a
 * container is created until it has started. Docker itself would follow the path once more, links and all.
 */
import { lstat, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Logger } from '../../../telemetry/logger.js'
import { makeWithin } from '../../volumes/sub-path.js'
import { Launcher } from '../process/kernel/launcher.js'
import {
  atWorkingDirectory,
  cloneFlags,
  mountFlags,
  openFlags,
  removeDirectory,
  treeFlags,
} from '../process/kernel/system-calls.js'
import { type PathBelow, takeTreeBelow } from '../process/kernel/tree-below.js'
import { isRuntimeError } from '../runtime.js'
import type { Mount } from '../types.js'

export interface SubPathDeps {
  /** Makes the calls as root, in the mount namespace that `enter` says. */
  run(launcher: Launcher): Promise<unknown>
  /** Process whose mount namespace is to be entered first: where calls are made in another. */
  enter?: number
  /** Whether the daemon sees something in the file at that path. */
  isSeen(path: string): Promise<boolean>
  log: Logger
}

/** Root's. What is mounted upon there tells whose it is, so that what a killed process left can be told from what is in use. */
const directory = '/run'
const ownPrefix = `minik8s-${process.pid}-`
let sequence = 0
const ownerOf = (name: string) => /^minik8s-(\d+)-\d+$/.exec(name)?.[1]

const permissions = 0o7777

function newLauncher(enter: number | undefined): Launcher {
  const launcher = new Launcher()
  launcher.call('umask', [0])
  if (enter === undefined) return launcher
  const what = 'enter the mount namespace'
  const flags = openFlags.readOnly | openFlags.closeOnExec
  const fd = launcher.call('openat', [atWorkingDirectory, `/proc/${enter}/ns/mnt`, flags, 0], { what })
  launcher.call('setns', [fd, cloneFlags.newMounts], { what })
  return launcher
}

function addMount(launcher: Launcher, from: PathBelow, { path, isDirectory }: { path: string; isDirectory: boolean }) {
  const ignore = { onError: 'ignore' } as const
  const flags = openFlags.create | openFlags.writeOnly | openFlags.closeOnExec
  if (isDirectory) launcher.call('mkdirat', [atWorkingDirectory, path, 0o755], ignore)
  else launcher.call('openat', [atWorkingDirectory, path, flags, 0o644], ignore)
  const tree = takeTreeBelow(launcher, from)
  launcher.call('move_mount', [tree, '', atWorkingDirectory, path, treeFlags.fromEmptyPath], {
    what: 'mount the subPath',
  })
}

/** Nothing below the path is ever removed: only what was mounted upon. */
function addUnmount(launcher: Launcher, path: string): void {
  const ignore = { onError: 'ignore' } as const
  launcher.call('umount2', [path, mountFlags.detach | mountFlags.noFollow], ignore)
  launcher.call('unlinkat', [atWorkingDirectory, path, 0], ignore)
  launcher.call('unlinkat', [atWorkingDirectory, path, removeDirectory], ignore)
}

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Mounts with paths that Docker may follow, and what they hold for it. */
export interface PinnedMounts {
  mounts: readonly Mount[]
  held: readonly string[]
}

export class SubPathMounts {
  readonly #deps: SubPathDeps | undefined
  #works: Promise<boolean> | undefined
  readonly #held = new Map<string, readonly string[]>()

  /** Without deps, paths are given to Docker as they are found. */
  constructor(deps: SubPathDeps | undefined) {
    this.#deps = deps
  }

  /** Rejects when a link has come where there was none. */
  async pin(mounts: readonly Mount[]): Promise<PinnedMounts> {
    const held: string[] = []
    const pinned = mounts.map(async mount => {
      const { source } = mount
      if ('memory' in source || source.below === undefined) return mount
      const { hostPath: root, below } = source
      if (!(await this.#isPossible())) return { ...mount, source: { hostPath: await makeWithin(root, below) } }
      const hostPath = await this.#mount(root, below)
      held.push(hostPath)
      return { ...mount, source: { hostPath } }
    })
    const results = await Promise.allSettled(pinned)
    const failed = results.find(result => result.status === 'rejected')
    if (failed) {
      await this.release(held)
      throw failed.reason
    }
    return { mounts: await Promise.all(pinned), held }
  }

  /** Until `letGo` of that container. */
  keep(containerId: string, { held }: PinnedMounts): void {
    if (held.length > 0) this.#held.set(containerId, held)
  }

  /** Safe to repeat. */
  async letGo(containerId: string): Promise<void> {
    const held = this.#held.get(containerId)
    this.#held.delete(containerId)
    if (held) await this.release(held)
  }

  async release(paths: readonly string[]): Promise<void> {
    if (!this.#deps || paths.length === 0) return
    const launcher = newLauncher(this.#deps.enter)
    for (const path of paths) addUnmount(launcher, path)
    await this.#deps.run(launcher).catch(error => {
      this.#deps!.log.warn({ error: String(error) }, 'What was mounted for a subPath stays')
    })
  }

  async #mount(root: string, below: string): Promise<string> {
    const { run, enter } = this.#deps!
    const [info, { mode }] = await Promise.all([lstat(join(root, below)).catch(() => undefined), stat(root)])
    const path = join(directory, `${ownPrefix}${++sequence}`)
    const launcher = newLauncher(enter)
    const from = { root, path: below, ...(!info && { newMode: mode & permissions }) }
    addMount(launcher, from, { path, isDirectory: info?.isDirectory() ?? true })
    await run(launcher).catch(async error => {
      await this.release([path])
      throw error
    })
    return path
  }

  #isPossible(): Promise<boolean> {
    this.#works ??= this.#deps ? this.#tryOut(this.#deps) : Promise.resolve(false)
    this.#works.catch(() => {
      this.#works = undefined
    })
    return this.#works
  }

  /** Mounts the file of our own program: whether it arrives says whether the daemon sees what we mount. */
  async #tryOut({ isSeen, log }: SubPathDeps): Promise<boolean> {
    try {
      await this.#clear()
      const path = await this.#mount(dirname(process.execPath), basename(process.execPath))
      const seen = await isSeen(path).finally(() => this.release([path]))
      if (!seen) log.info({}, 'The daemon does not see our mounts: it follows the paths of subPaths itself')
      return seen
    } catch (error) {
      // No answer is none: asked again.
      if (isRuntimeError(error, 'unavailable')) throw error
      log.info({ error: String(error) }, 'The daemon follows the paths of subPaths itself')
      return false
    }
  }

  /** What processes left that were killed. */
  async #clear(): Promise<void> {
    const isLeft = (name: string) => {
      const pid = ownerOf(name)
      return pid !== undefined && !isAlive(Number(pid))
    }
    const left = (await readdir(directory)).filter(isLeft)
    await this.release(left.map(name => join(directory, name)))
  }
}
