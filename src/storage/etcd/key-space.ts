/** Where the store's keys lie in etcd: below a prefix of the user's choice, so that several clusters can share one etcd. */

export interface KeySpaceOptions {
  /** Put before all keys: empty, or a path such as `/team-a`. */
  prefix: string
  /** What of it belongs to the store; ends in '/'. */
  directory: string
}

export class KeySpace {
  readonly #prefix: string
  readonly #directory: string

  constructor({ prefix, directory }: KeySpaceOptions) {
    this.#prefix = prefix
    this.#directory = directory
  }

  toEtcd(key: string): string {
    return this.#prefix + key
  }

  fromEtcd(key: string): string {
    return this.#prefix ? key.slice(this.#prefix.length) : key
  }

  /** Of all keys that begin so; `after`: only those behind that one. */
  range(prefix: string, after?: string): { key: string; rangeEnd: string } {
    const begin = this.#prefix + prefix
    const last = begin.charCodeAt(begin.length - 1)
    const key = after !== undefined && after >= prefix ? `${this.#prefix}${after}\0` : begin
    return { key, rangeEnd: begin.slice(0, -1) + String.fromCharCode(last + 1) }
  }

  /** Of everything in the store. */
  everything(): { key: string; rangeEnd: string } {
    return this.range(this.#directory)
  }

  /** A key that nobody writes: reading it tells the newest revision. */
  get absentKey(): string {
    return this.#prefix + this.#directory
  }
}
