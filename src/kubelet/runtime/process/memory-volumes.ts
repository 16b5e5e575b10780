/** Memory that containers share: mounted on this machine while the pod is there. */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { MemoryVolumeOptions } from '../types.js'
import { Launcher } from './kernel/launcher.js'
import { runLauncher } from './kernel/run-launcher.js'
import { mountFlags } from './kernel/system-calls.js'

export class MemoryVolumes {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  pathOf(owner: string, name: string): string {
    return join(this.#directory, owner, name)
  }

  async #mounted(): Promise<string[]> {
    const text = await readFile('/proc/self/mounts', 'utf8')
    const plain = (path: string) =>
      path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    return text.split('\n').map(line => plain(line.split(' ')[1] ?? ''))
  }

  /** Safe to repeat. */
  async ensure(owner: string, name: string, { sizeBytes, mode, gid }: MemoryVolumeOptions): Promise<void> {
    const path = this.pathOf(owner, name)
    await mkdir(path, { recursive: true })
    if ((await this.#mounted()).includes(path)) return
    const options = [
      `mode=${mode.toString(8)}`,
      ...(gid === undefined ? [] : [`gid=${gid}`]),
      ...(sizeBytes === undefined ? [] : [`size=${sizeBytes}`]),
    ]
    const launcher = new Launcher()
    const { noSetuid, noDevices } = mountFlags
    launcher.call('mount', ['tmpfs', path, 'tmpfs', noSetuid | noDevices, options.join(',')], {
      what: `mount memory at ${path}`,
    })
    await runLauncher(launcher, this.#directory)
  }

  async #unmount(paths: readonly string[]): Promise<void> {
    const mounted = new Set(await this.#mounted())
    const launcher = new Launcher()
    for (const path of paths.filter(p => mounted.has(p)))
      launcher.call('umount2', [path, mountFlags.detach], { onError: 'ignore' })
    await runLauncher(launcher, this.#directory)
  }

  async remove(owner: string): Promise<void> {
    const names = await readdir(join(this.#directory, owner)).catch(() => [])
    if (names.length > 0) await this.#unmount(names.map(name => this.pathOf(owner, name)))
    await rm(join(this.#directory, owner), { recursive: true, force: true })
  }

  async removeAll(): Promise<void> {
    const owners = await readdir(this.#directory, { withFileTypes: true }).catch(() => [])
    for (const owner of owners) if (owner.isDirectory()) await this.remove(owner.name)
  }
}
