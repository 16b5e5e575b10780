/** What a network manager has done for each sandbox, kept on disk so that it can be undone by the next process. */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const extension = '.json'

export class SandboxRecords<T> {
  readonly #directory: string
  readonly #records = new Map<string, T>()

  private constructor(directory: string) {
    this.#directory = directory
  }

  static async open<T>(directory: string): Promise<SandboxRecords<T>> {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const records = new SandboxRecords<T>(directory)
    const names = (await readdir(directory)).filter(name => name.endsWith(extension))
    await Promise.all(
      names.map(async name => {
        const text = await readFile(join(directory, name), 'utf8')
        records.#records.set(name.slice(0, -extension.length), JSON.parse(text) as T)
      }),
    )
    return records
  }

  #path(id: string): string {
    return join(this.#directory, `${id}${extension}`)
  }

  get(id: string): T | undefined {
    return this.#records.get(id)
  }

  ids(): string[] {
    return [...this.#records.keys()]
  }

  values(): T[] {
    return [...this.#records.values()]
  }

  async put(id: string, record: T): Promise<void> {
    this.#records.set(id, record)
    await writeFile(`${this.#path(id)}.new`, JSON.stringify(record), { mode: 0o600 })
    await rename(`${this.#path(id)}.new`, this.#path(id))
  }

  /** Safe to repeat. */
  async delete(id: string): Promise<void> {
    await rm(this.#path(id), { force: true })
    this.#records.delete(id)
  }

  async removeAll(): Promise<void> {
    this.#records.clear()
    await rm(this.#directory, { recursive: true, force: true })
  }
}
