/** The files that the kubelet keeps for a pod: hosts, resolv.conf, termination messages; all below `<data-dir>/pods/<uid>`. */
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RemoveFiles } from '../remove-files.js'

/** Container processes of any user write their last words here. */
const messageMode = 0o666
const readableMode = 0o644

/** Of a pod's own hosts file, in its directory. */
export const hostsFileName = 'etc-hosts'

export class PodFiles {
  readonly directory: string

  constructor(
    podsDirectory: string,
    uid: string,
    private readonly removeFiles: RemoveFiles,
  ) {
    this.directory = join(podsDirectory, uid)
  }

  get hosts(): string {
    return join(this.directory, hostsFileName)
  }

  get resolvConf(): string {
    return join(this.directory, 'resolv.conf')
  }

  get volumes(): string {
    return join(this.directory, 'volumes')
  }

  /** What the containers were given of cpu and memory. */
  get resources(): string {
    return join(this.directory, 'resources.json')
  }

  async make(): Promise<void> {
    await mkdir(this.volumes, { recursive: true, mode: 0o750 })
  }

  /** In place: containers have the file itself mounted. */
  async writeHosts(text: string): Promise<void> {
    await this.#write(this.hosts, text, readableMode)
  }

  async writeResolvConf(text: string): Promise<void> {
    await this.#write(this.resolvConf, text, readableMode)
  }

  /** An empty file for one run of a container; resolves with its path. */
  async makeTerminationFile(container: string, attempt: number): Promise<string> {
    const directory = join(this.directory, 'containers', container)
    await mkdir(directory, { recursive: true, mode: 0o750 })
    const path = join(directory, String(attempt))
    await this.#write(path, '', messageMode)
    return path
  }

  async #write(path: string, text: string, mode: number): Promise<void> {
    await writeFile(path, text, { mode })
    await chmod(path, mode)
  }

  async remove(): Promise<void> {
    await this.removeFiles(this.directory)
  }
}
