/** Config maps of one namespace as the store under test, over HTTP. */
import type { Call } from '../../../bench/http.js'
import { Caller, Unreachable } from '../caller.js'
import type { ServerAddress } from '../check.js'
import type { Version } from './history.js'
import { type LinearTarget, NotDone, Refused } from './target.js'

interface ConfigMap {
  metadata: { name: string; resourceVersion: string }
  data?: { value: string }
}

const versionOf = ({ metadata, data }: ConfigMap): Version => ({
  revision: Number(metadata.resourceVersion),
  value: data?.value ?? '',
})

export class ServerTarget implements LinearTarget {
  readonly #caller: Caller
  readonly #path: string
  readonly #keys: ReadonlySet<string>
  readonly #labelsOf: TargetOptions['labelsOf']

  constructor(servers: readonly ServerAddress[], { first, namespace, keys, labelsOf }: TargetOptions) {
    this.#labelsOf = labelsOf
    this.#caller = new Caller(servers, first)
    this.#path = `/api/v1/namespaces/${namespace}/configmaps`
    this.#keys = new Set(keys)
  }

  async get(key: string): Promise<Version | undefined> {
    const { status, body } = await this.#call({ path: `${this.#path}/${key}` }, [200, 404])
    return status === 404 ? undefined : versionOf(JSON.parse(body.toString()))
  }

  async put(key: string, value: string, expect: number | 'absent'): Promise<number> {
    const isNew = expect === 'absent'
    const metadata = { name: key, labels: this.#labelsOf?.(value), ...(!isNew && { resourceVersion: String(expect) }) }
    const call: Call = {
      method: isNew ? 'POST' : 'PUT',
      path: isNew ? this.#path : `${this.#path}/${key}`,
      body: JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value } }),
    }
    const { status, body } = await this.#call(call, [200, 201, 404, 409])
    if (status >= 400) throw new Refused(body.toString())
    return versionOf(JSON.parse(body.toString())).revision
  }

  async delete(key: string, expect: number): Promise<void> {
    const options = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { resourceVersion: String(expect) } }
    const call = { method: 'DELETE', path: `${this.#path}/${key}`, body: JSON.stringify(options) }
    const { status, body } = await this.#call(call, [200, 404, 409])
    if (status >= 400) throw new Refused(body.toString())
  }

  async list(): Promise<{ revision: number; items: Map<string, Version> }> {
    const { body } = await this.#call({ path: this.#path }, [200])
    const { metadata, items } = JSON.parse(body.toString()) as { metadata: ConfigMap['metadata']; items: ConfigMap[] }
    const ours = items.filter(item => this.#keys.has(item.metadata.name))
    return {
      revision: Number(metadata.resourceVersion),
      items: new Map(ours.map(item => [item.metadata.name, versionOf(item)])),
    }
  }

  close(): void {
    this.#caller.close()
  }

  async #call(call: Call, accepted: readonly number[]) {
    const answer = await this.#caller.call(call).catch(error => {
      throw error instanceof Unreachable ? new NotDone(error.message) : error
    })
    if (answer.status === 429) throw new NotDone('too many requests')
    if (!accepted.includes(answer.status)) throw new Error(`${answer.status}: ${answer.body.subarray(0, 300)}`)
    return answer
  }
}

export interface TargetOptions {
  /** Number of the server to begin with. */
  first: number
  namespace: string
  /** What else is in the namespace is overlooked. */
  keys: readonly string[]
  /** Labels of the object that holds the value. */
  labelsOf?(value: string): Record<string, string>
}
