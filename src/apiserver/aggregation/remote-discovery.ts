/** What extension servers say that they serve, kept as they last said it: upstream's discovery manager. */
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { convertResources, type DiscoveredResource, type ListedResource, readResource } from './discovered-resources.js'
import type { RemoteAnswer } from './fetch-remote.js'
import { keyOfService, type RemoteService } from './remote-service.js'

/** A version as the aggregated document shows it. `Stale`: the server could not be asked. */
export interface RemoteVersion {
  resources: readonly DiscoveredResource[]
  freshness: 'Current' | 'Stale'
}

/** Asks the server behind an APIService. Rejects when it cannot be reached. */
export type Fetch = (
  remote: RemoteService,
  request: { path: string; headers: Record<string, string>; user: UserInfo; milliseconds: number },
) => Promise<RemoteAnswer>

/** What one server says of all its groups. */
interface ServerDocument {
  /** Resources by `group/version`. */
  versions: ReadonlyMap<string, readonly DiscoveredResource[]>
  etag: string
  /** No later than the server said so: `monotonic` milliseconds. */
  asked: number
}

interface GroupDiscoveryList {
  items?: {
    metadata?: { name?: string }
    versions?: { version: string; resources?: Parameters<typeof readResource>[0][] }[]
  }[]
}

const acceptAggregated = ['v2', 'v2beta1']
  .map(version => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .join(',')
const isAggregated = (type = '') =>
  /^application\/json/.test(type) &&
  /;\s*as=APIGroupDiscoveryList/.test(type) &&
  /;\s*g=apidiscovery\.k8s\.io/.test(type)

const user = { name: 'system:kube-aggregator', groups: ['system:masters'] }
/** Upstream asks for the older lists without its group. */
const legacyUser = { name: 'system:kube-aggregator', groups: [] }
const milliseconds = 5000

const groupVersionOf = ({ group, version }: { group: string; version: string }) => `${group}/${version}`

function readDocument({ body }: RemoteAnswer): ServerDocument['versions'] {
  const { items = [] } = JSON.parse(body.toString()) as GroupDiscoveryList
  return new Map(
    items.flatMap(({ metadata, versions = [] }) =>
      versions.map(
        ({ version, resources = [] }) => [`${metadata?.name ?? ''}/${version}`, resources.map(readResource)] as const,
      ),
    ),
  )
}

export class RemoteDiscovery {
  /** By service: one server may answer for many APIServices. */
  readonly #documents = new Map<string, ServerDocument>()

  constructor(
    private readonly clock: Clock,
    private readonly fetch: Fetch,
  ) {}

  /** `dirty`: what was said before this moment does not count. Of a server that cannot be reached nothing is shown, as upstream does. */
  async versionOf(remote: RemoteService, dirty: number): Promise<RemoteVersion> {
    const key = keyOfService(remote.service)
    try {
      const resources = await this.#fresh(remote, key, dirty)
      return { resources, freshness: 'Current' }
    } catch {
      return { resources: [], freshness: 'Stale' }
    }
  }

  /** Forgets all servers but these. */
  retain(keys: ReadonlySet<string>): void {
    for (const key of this.#documents.keys()) if (!keys.has(key)) this.#documents.delete(key)
  }

  async #fresh(remote: RemoteService, key: string, dirty: number): Promise<readonly DiscoveredResource[]> {
    const known = this.#documents.get(key)
    const wanted = groupVersionOf(remote)
    if (known && known.asked > dirty) return known.versions.get(wanted) ?? []
    const asked = this.clock.monotonic()
    const headers = { accept: acceptAggregated, ...(known?.etag && { 'if-none-match': known.etag }) }
    const answer = await this.fetch(remote, { path: '/apis', headers, user, milliseconds })
    if (answer.code === 503) throw new Error(`service ${key} returned non-success response code: 503`)
    const isNew = answer.code === 200 && isAggregated(answer.headers['content-type'])
    if (!isNew && !(answer.code === 304 && known)) return this.#legacy(remote)
    const document: ServerDocument = isNew
      ? { versions: readDocument(answer), etag: answer.headers.etag ?? '', asked }
      : { ...known!, asked }
    this.#documents.set(key, document)
    return document.versions.get(wanted) ?? []
  }

  async #legacy(remote: RemoteService): Promise<readonly DiscoveredResource[]> {
    const { group, version } = remote
    const path = group ? `/apis/${group}/${version}` : `/api/${version}`
    const headers = { accept: 'application/json' }
    const { code, body } = await this.fetch(remote, { path, headers, user: legacyUser, milliseconds })
    if (code !== 200) throw new Error(`failed to download legacy discovery for ${path}: ${code}`)
    const { resources = [] } = JSON.parse(body.toString()) as { resources?: ListedResource[] }
    return convertResources(resources)
  }
}
