/** Groups and versions that other servers answer: kept as their APIServices say, looked after, and passed on to. */
import type { APIService } from '../../apis/generated/apiregistration-v1.js'
import type { Clock, Random } from '../../machinery/clock.js'
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { Logger } from '../../telemetry/logger.js'
import { planAvailability } from '../api-service-availability.js'
import type { RestDirectory } from '../deps.js'
import type { Exchange } from '../http/exchange.js'
import type { Dial } from '../proxy/dial.js'
import type { UpgradeRequest } from '../proxy/forward-upgrade.js'
import type { RequestInfo } from '../request-info.js'
import type { AggregatedVersion, Aggregation, ReportAvailability } from './aggregation.js'
import { Backends } from './backends.js'
import type { OpenAnswer, RemoteAnswer, RemoteRequest } from './fetch-remote.js'
import { RemoteDiscovery, type RemoteVersion } from './remote-discovery.js'
import type { RemoteOpenApi } from './remote-openapi.js'
import { keyOfService, type RemoteService, remoteServiceOf } from './remote-service.js'
import { Repeated } from './repeated.js'
import { resolveEndpoint } from './resolve-endpoint.js'

export interface AggregatorDeps {
  rests: RestDirectory
  clock: Clock
  random: Random
  log: Logger
  dial: Dial
  /** Shows extension servers that they may believe whom we name. */
  client?: KeyPair
}

interface Watched {
  remote: RemoteService
  /** Absent until the server was asked. */
  version?: RemoteVersion
  /** When the APIService was last seen to change: `monotonic` milliseconds. */
  dirty: number
  availability: Repeated
  discovery: Repeated
}

/** Upstream's figures, in milliseconds. */
const availabilityPeriod = 30_000
const firstRetry = 5
const discoveryPeriod = 60_000
const documentTimeout = 60_000

const openApiReader = { name: 'system:aggregator', groups: [] }

export class Aggregator implements Aggregation {
  readonly #deps: AggregatorDeps
  readonly #watched = new Map<string, Watched>()
  readonly #backends: Backends
  readonly #discovery: RemoteDiscovery
  #stopping: AbortSignal = new AbortController().signal
  #report: ReportAvailability = async () => {}
  #generation = 0
  #openApi: Promise<RemoteOpenApi> | undefined

  constructor(deps: AggregatorDeps) {
    this.#deps = deps
    this.#backends = new Backends(deps, (namespace, name) => {
      for (const { remote, availability } of this.#watched.values())
        if (remote.service.namespace === namespace && remote.service.name === name) availability.trigger()
    })
    this.#discovery = new RemoteDiscovery(deps.clock, (remote, request) => this.fetch(remote, request))
  }

  get generation(): number {
    return this.#generation
  }

  begin(report: ReportAvailability, stopping: AbortSignal): void {
    this.#report = report
    this.#stopping = stopping
    stopping.addEventListener('abort', () => {
      for (const { availability, discovery } of this.#watched.values()) {
        availability.stop()
        discovery.stop()
      }
    })
  }

  take(apiService: APIService): void {
    const remote = remoteServiceOf(apiService, this.#deps.client)
    const name = apiService.metadata.name ?? ''
    if (!remote) {
      this.forget(name)
      return
    }
    const watched = this.#watched.get(name)
    const dirty = this.#deps.clock.monotonic()
    if (watched) Object.assign(watched, { remote, dirty })
    else this.#watched.set(name, this.#watch(remote, dirty))
    this.#changed()
    const { availability, discovery } = this.#watched.get(name)!
    void this.#backends.follow(this.#stopping).then(() => {
      availability.trigger()
      discovery.trigger()
    })
  }

  forget(name: string): void {
    const watched = this.#watched.get(name)
    if (!watched) return
    watched.availability.stop()
    watched.discovery.stop()
    this.#watched.delete(name)
    this.#changed()
  }

  find({ isResource, group, version, path }: Parameters<Aggregation['find']>[0]): RemoteService | undefined {
    if (!this.#watched.size) return undefined
    if (isResource) return this.#find(group, version)
    const [root, first = '', second = ''] = path.split('/').filter(Boolean)
    if (root === 'apis') return this.#find(first, second)
    return root === 'api' ? this.#find('', 'v1') : undefined
  }

  versions(): AggregatedVersion[] {
    const stale: RemoteVersion = { resources: [], freshness: 'Stale' }
    return [...this.#watched.values()].map(({ remote, version = stale }) => ({ remote, ...version }))
  }

  async serve(exchange: Exchange, remote: RemoteService): Promise<void> {
    const { serveRemote } = await import('./serve-remote.js')
    return serveRemote(exchange, remote, this.#context())
  }

  async upgrade(exchange: Exchange, upgrade: UpgradeRequest, remote: RemoteService): Promise<void> {
    const { upgradeRemote } = await import('./serve-remote.js')
    return upgradeRemote(exchange, upgrade, { remote, context: this.#context() })
  }

  openApi(): Promise<RemoteOpenApi> | undefined {
    if (!this.#watched.size) return undefined
    this.#openApi ??= this.#loadOpenApi()
    return this.#openApi
  }

  async findDocument({ path }: RequestInfo): Promise<RemoteService | undefined> {
    const prefix = '/openapi/v3/'
    if (!this.#watched.size || !path.startsWith(prefix)) return undefined
    const key = path.slice(prefix.length)
    return (await this.openApi())?.ownerOf(key)
  }

  async #loadOpenApi(): Promise<RemoteOpenApi> {
    const { RemoteOpenApi } = await import('./remote-openapi.js')
    const headers = { accept: 'application/json' }
    return new RemoteOpenApi({
      clock: this.#deps.clock,
      remotes: () =>
        [...this.#watched.values()]
          .map(({ remote }) => remote)
          .filter(({ available }) => available)
          .sort((a, b) => b.groupPriority - a.groupPriority || (a.name < b.name ? -1 : 1)),
      fetch: (remote, path) =>
        this.fetch(remote, { path, headers, user: openApiReader, milliseconds: documentTimeout }),
      onChange: () => this.#changed(),
    })
  }

  async fetch(remote: RemoteService, request: RemoteRequest): Promise<RemoteAnswer> {
    const { fetchRemote } = await import('./fetch-remote.js')
    const { dial, clock } = this.#deps
    const endpoint = this.#resolve(remote)
    return fetchRemote({ ...endpoint, tls: remote.tls }, request, { dial, clock, signal: this.#stopping })
  }

  async open(remote: RemoteService, request: RemoteRequest, signal?: AbortSignal): Promise<OpenAnswer> {
    const { openRemote } = await import('./fetch-remote.js')
    const { dial, clock } = this.#deps
    const open = await openRemote({ ...this.#resolve(remote), tls: remote.tls }, request, {
      ...{ dial, clock },
      signal: this.#stopping,
    })
    signal?.addEventListener('abort', open.close, { once: true })
    if (signal?.aborted) open.close()
    return open
  }

  #context() {
    const { clock, dial } = this.#deps
    return { clock, dial, stopping: this.#stopping, resolve: (remote: RemoteService) => this.#resolve(remote) }
  }

  #resolve({ service }: RemoteService) {
    return resolveEndpoint(this.#backends.of(service), service, this.#deps.random)
  }

  #find(group: string, version: string): RemoteService | undefined {
    return this.#watched.get(`${version}.${group}`)?.remote
  }

  #watch(remote: RemoteService, dirty: number): Watched {
    const { clock } = this.#deps
    const watched: Watched = {
      remote,
      dirty,
      availability: new Repeated(() => this.#check(watched), { clock, period: availabilityPeriod, retry: firstRetry }),
      discovery: new Repeated(() => this.#discover(watched), { clock, period: discoveryPeriod }),
    }
    return watched
  }

  async #check({ remote }: Watched): Promise<boolean> {
    const backend = this.#backends.of(remote.service)
    const planned = planAvailability(remote.apiService, backend)
    let found = planned
    if (!found) {
      const { checkDiscovery } = await import('./check-discovery.js')
      found = await checkDiscovery(remote, backend, this.#deps)
    }
    if (!this.#stopping.aborted) await this.#report(remote.apiService, found)
    return !!planned || found.status === 'True'
  }

  async #discover(watched: Watched): Promise<boolean> {
    const version = await this.#discovery.versionOf(watched.remote, watched.dirty)
    // What is said from now on is asked for again when the period is over.
    watched.dirty = Math.max(watched.dirty, this.#deps.clock.monotonic())
    if (JSON.stringify(version) === JSON.stringify(watched.version)) return true
    watched.version = version
    this.#changed()
    return true
  }

  #changed(): void {
    this.#generation++
    this.#discovery.retain(new Set([...this.#watched.values()].map(({ remote }) => keyOfService(remote.service))))
    void this.#openApi?.then(documents => documents.retain(new Set(this.#watched.keys())))
  }
}
