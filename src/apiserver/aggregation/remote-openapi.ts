/** OpenAPI documents of extension servers: read when somebody asks for ours, and again when they are old. */
import type { Clock } from '../../machinery/clock.js'
import type { RemoteAnswer } from './fetch-remote.js'
import { filterDocument, type OpenApiParts, type SwaggerDocument } from './merge-openapi.js'
import type { RemoteService } from './remote-service.js'

export interface RemoteOpenApiDeps {
  clock: Clock
  /** Those that can be asked. */
  remotes(): readonly RemoteService[]
  fetch(remote: RemoteService, path: string): Promise<RemoteAnswer>
  /** What some server says has changed. */
  onChange(): void
}

interface Known<T> {
  /** As it was last read; undefined when the server had none. */
  value: T | undefined
  etag: string
  /** When it was read: `monotonic` milliseconds. */
  read: number
}

/** Upstream's, in milliseconds. */
const freshFor = 60_000
const failureFreshFor = 5000

/** Keeps what each server said. While it is read anew the old is shown; only the first reading is waited for. */
class KnownDocuments<T> {
  readonly #known = new Map<string, Known<T>>()
  readonly #reading = new Map<string, Promise<void>>()

  constructor(
    private readonly deps: RemoteOpenApiDeps,
    private readonly source: { path: string; read(remote: RemoteService, answer: RemoteAnswer): T },
  ) {}

  async of(remote: RemoteService): Promise<T | undefined> {
    const key = remote.name
    const known = this.#known.get(key)
    const age = known ? this.deps.clock.monotonic() - known.read : Number.POSITIVE_INFINITY
    if (known && age < (known.value ? freshFor : failureFreshFor)) return known.value
    let reading = this.#reading.get(key)
    if (!reading) {
      reading = this.#read(remote, known).finally(() => this.#reading.delete(key))
      this.#reading.set(key, reading)
    }
    if (!known) await reading
    return this.#known.get(key)?.value
  }

  /** Forgets all servers but these. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#known.keys()) if (!names.has(name)) this.#known.delete(name)
  }

  async #read(remote: RemoteService, before: Known<T> | undefined): Promise<void> {
    const read = this.deps.clock.monotonic()
    const { path } = this.source
    try {
      const answer = await this.deps.fetch(remote, path)
      if (answer.code !== 200) throw new Error(`${path} answered ${answer.code}`)
      const etag = answer.headers.etag ?? answer.body.toString('latin1')
      this.#known.set(remote.name, { value: this.source.read(remote, answer), etag, read })
      if (before && before.etag !== etag) this.deps.onChange()
    } catch {
      // What it said last stands until it says something else.
      this.#known.set(remote.name, { value: before?.value, etag: before?.etag ?? '', read })
    }
  }
}

interface Index {
  paths?: Record<string, { serverRelativeURL?: string }>
}

export class RemoteOpenApi {
  readonly #deps: RemoteOpenApiDeps
  readonly #indexes: KnownDocuments<Record<string, string>>
  readonly #documents: KnownDocuments<OpenApiParts>

  constructor(deps: RemoteOpenApiDeps) {
    this.#deps = deps
    this.#indexes = new KnownDocuments(deps, {
      path: '/openapi/v3',
      read(_remote, { body }) {
        const { paths = {} } = JSON.parse(body.toString()) as Index
        return Object.fromEntries(
          Object.entries(paths).map(([key, { serverRelativeURL = '' }]) => [key, serverRelativeURL]),
        )
      },
    })
    this.#documents = new KnownDocuments(deps, {
      path: '/openapi/v2',
      read: ({ group, version }, { body }) =>
        filterDocument(JSON.parse(body.toString()) as SwaggerDocument, `/apis/${group}/${version}/`),
    })
  }

  /** Forgets all servers but these, named after their APIServices. */
  retain(names: ReadonlySet<string>): void {
    this.#indexes.retain(names)
    this.#documents.retain(names)
  }

  /** Addresses of v3 documents, by key such as `apis/metrics.k8s.io/v1beta1`. */
  async v3Index(): Promise<Record<string, string>> {
    const indexes = await Promise.all(this.#deps.remotes().map(remote => this.#indexes.of(remote)))
    return Object.assign({}, ...indexes)
  }

  /** Who has the v3 document of that key. */
  async ownerOf(key: string): Promise<RemoteService | undefined> {
    for (const remote of this.#deps.remotes()) {
      const index = await this.#indexes.of(remote)
      if (index && Object.hasOwn(index, key)) return remote
    }
    return undefined
  }

  /** Parts of v2 documents, in the order in which they are to be merged. */
  async v2(): Promise<OpenApiParts[]> {
    const parts = await Promise.all(this.#deps.remotes().map(remote => this.#documents.of(remote)))
    return parts.filter(part => part !== undefined)
  }
}
