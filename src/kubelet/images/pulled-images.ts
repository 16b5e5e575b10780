/**
 * Remembers which images this node pulled, and removes those that no container needs when the disk is nearly full. Other images are the user's own:
 * they are left alone, whatever the disk says.
 */
import { readFile, rename, writeFile } from 'node:fs/promises'
import type { Logger } from '../../telemetry/logger.js'
import type { Runtime } from '../runtime/runtime.js'

export interface PulledImagesDeps {
  runtime: Pick<Runtime, 'removeImage'>
  log: Logger
}

export class PulledImages {
  readonly #deps: PulledImagesDeps
  readonly #file: string
  #names: Promise<Set<string>> | undefined
  #written: Promise<void> = Promise.resolve()

  constructor(deps: PulledImagesDeps, file: string) {
    this.#deps = deps
    this.#file = file
  }

  async note(name: string): Promise<void> {
    const names = await this.#read()
    if (names.has(name)) return
    names.add(name)
    await this.#write(names)
  }

  /** `used`: names of images that containers have. */
  async collect(used: ReadonlySet<string>): Promise<void> {
    const { runtime, log } = this.#deps
    const names = await this.#read()
    for (const name of [...names].filter(each => !used.has(each))) {
      try {
        await runtime.removeImage(name)
        names.delete(name)
        log.info({ image: name }, 'Removed an image that no pod needs: the disk is nearly full')
      } catch (error) {
        log.info({ image: name, error: String(error) }, 'Could not remove an image')
      }
    }
    await this.#write(names)
  }

  #read(): Promise<Set<string>> {
    this.#names ??= readFile(this.#file, 'utf8').then(
      text => new Set(JSON.parse(text) as string[]),
      () => new Set<string>(),
    )
    return this.#names
  }

  /** One after the other. */
  #write(names: ReadonlySet<string>): Promise<void> {
    const write = async () => {
      await writeFile(`${this.#file}.tmp`, JSON.stringify([...names]), { mode: 0o600 })
      await rename(`${this.#file}.tmp`, this.#file)
    }
    this.#written = this.#written.then(write, write)
    return this.#written
  }
}
