/** All stores of a server: one for each kind that is served, kinds may come and go at run time. */
import type { KindConversion } from '../apis/conversion.js'
import { ipAddress } from '../apis/networking-v1/ip-address.js'
import { serviceCidr } from '../apis/networking-v1/service-cidr.js'
import type { Clock, Random } from '../machinery/clock.js'
import type { AnyKind } from '../machinery/kind.js'
import type { AnyObject } from '../machinery/object-meta.js'
import type { SchemaSet } from '../machinery/schema/types.js'
import { isReason } from '../machinery/status-error.js'
import type { Storage } from '../storage/storage.js'
import { Adoption } from '../watch/adoption.js'
import type { EntrySource } from '../watch/entry.js'
import { WatchCache } from '../watch/watch-cache.js'
import type { AllocationRepair } from './allocate/findings.js'
import { ServiceAllocation, type ServiceRanges } from './allocate/service-allocation.js'
import { newServiceHooks } from './allocate/service-hooks.js'
import { type ComponentCheck, ComponentStatuses } from './component-statuses.js'
import { definitionHooks } from './definition-hooks.js'
import { eventTimeToLive } from './event-expiry.js'
import { expressionHooks } from './expression-hooks.js'
import type { KindHooks } from './hooks.js'
import { namespaceHooks } from './namespace-hooks.js'
import { remoteVersion } from './remote-version.js'
import type { Rest } from './rest.js'
import { keyPrefix } from './storage-keys.js'
import { Store } from './store.js'
import { newStoredReader } from './stored-reader.js'
import { convertedVersion, storedVersion, type Version } from './version.js'

export interface RegistryOptions {
  kinds: readonly AnyKind[]
  /** Kinds that are stored as others, such as HorizontalPodAutoscaler autoscaling/v1 as v2. */
  conversions?: readonly KindConversion[]
  storage: Storage
  clock: Clock
  random: Random
  /** Fills what objects always show; without it, only what was sent is stored. */
  schemas?: SchemaSet
  /** Where cluster IPs and node ports of services come from. */
  services?: ServiceRanges
  /** What ComponentStatuses tell about; default: nothing. */
  components?: readonly ComponentCheck[]
}

export interface Registry {
  /** Undefined when no such resource is served. */
  find(group: string, version: string, resource: string): Rest | undefined
  /** As `find`; throws when it is not served. For callers that know it is. */
  rest(kind: Pick<AnyKind, 'group' | 'version' | 'names'>): Rest
  kinds(): readonly AnyKind[]
  /** Changes whenever a kind comes or goes. */
  readonly generation: number
  /** Also replaces a kind of the same group, version and plural. */
  add(kind: AnyKind, conversion?: KindConversion): void
  /** Ends the kind's watches; its objects stay in the store. */
  remove(kind: AnyKind): void
  /** What a kind tells of itself has changed: `generation` does, too. */
  touch(): void
  /** See to it that what services have is taken for them. */
  readonly repairs: readonly AllocationRepair[]
  /** Ends all watches. */
  close(): void
}

const idOf = (group: string, version: string, resource: string) => `${group}/${version}/${resource}`
const idOfKind = ({ group, version, names }: Pick<AnyKind, 'group' | 'version' | 'names'>) =>
  idOf(group, version, names.plural)

function versionOf(kind: AnyKind, conversion: KindConversion | undefined): Version {
  if (!conversion) return storedVersion(kind)
  const { remote } = conversion
  return remote ? remoteVersion(conversion, remote) : convertedVersion(conversion)
}

/** A cache with the kinds that are stored in it. */
interface Shared {
  cache: WatchCache
  users: number
}

class KindRegistry implements Registry {
  readonly #options: RegistryOptions
  readonly #adoption = new Adoption()
  readonly #source: EntrySource
  readonly #stores = new Map<string, { store: Rest; prefix: string }>()
  readonly #caches = new Map<string, Shared>()
  readonly #allocation: ServiceAllocation
  #generation = 0

  constructor(options: RegistryOptions) {
    this.#options = options
    this.#source = { decode: newStoredReader(), adoption: this.#adoption }
    const { storage, clock, random, services } = options
    this.#allocation = new ServiceAllocation({
      ...{ ...services, storage, clock, random },
      services: () => this.find('', 'v1', 'services')!,
      addresses: () => this.rest(ipAddress),
      ranges: () => this.rest(serviceCidr),
    })
    const conversions = new Map(options.conversions?.map(c => [idOfKind(c.spoke), c]))
    for (const kind of options.kinds) this.add(kind, conversions.get(idOfKind(kind)))
  }

  get generation(): number {
    return this.#generation
  }

  get repairs(): readonly AllocationRepair[] {
    return this.#allocation.repairs
  }

  find(group: string, version: string, resource: string): Rest | undefined {
    return this.#stores.get(idOf(group, version, resource))?.store
  }

  rest(kind: Pick<AnyKind, 'group' | 'version' | 'names'>): Rest {
    const store = this.#stores.get(idOfKind(kind))?.store
    if (!store) throw new Error(`no store for ${idOfKind(kind)}`)
    return store
  }

  kinds(): readonly AnyKind[] {
    return [...this.#stores.values()].map(({ store }) => store.kind)
  }

  add(kind: AnyKind, conversion?: KindConversion): void {
    if (this.#stores.has(idOfKind(kind))) this.remove(kind)
    const store = this.#openStore(kind, conversion)
    this.#stores.set(idOfKind(kind), { store, prefix: keyPrefix(conversion?.hub ?? kind) })
    this.#generation++
  }

  #openStore(kind: AnyKind, conversion: KindConversion | undefined): Rest {
    const { storage, clock, random, schemas, components = [] } = this.#options
    if (kind.qualifiedResource === 'componentstatuses') return new ComponentStatuses(kind, components)
    const stored = conversion?.hub ?? kind
    const prefix = keyPrefix(stored)
    return new Store({
      kind,
      prefix,
      storage,
      cache: this.#cacheFor(prefix, stored, conversion),
      adoption: this.#adoption,
      source: this.#source,
      clock,
      random,
      version: versionOf(kind, conversion),
      hooks: this.#hooksOf(kind),
      schemas,
      ...(stored.names.plural === 'events' && { timeToLive: eventTimeToLive }),
    })
  }

  remove(kind: AnyKind): void {
    const found = this.#stores.get(idOfKind(kind))
    if (!found) return
    const { prefix } = found
    this.#stores.delete(idOfKind(kind))
    this.#generation++
    const shared = this.#caches.get(prefix)
    if (!shared || --shared.users > 0) return
    shared.cache.stop()
    this.#caches.delete(prefix)
  }

  touch(): void {
    this.#generation++
  }

  close(): void {
    for (const { cache } of this.#caches.values()) cache.stop()
  }

  #hooksOf({ qualifiedResource }: AnyKind): KindHooks {
    if (qualifiedResource === 'namespaces') return namespaceHooks
    if (qualifiedResource === 'customresourcedefinitions.apiextensions.k8s.io') return definitionHooks
    if (/\.(?:admissionregistration|resource)\.k8s\.io$/.test(qualifiedResource)) return expressionHooks
    if (qualifiedResource !== 'services') return {}
    return newServiceHooks({
      allocation: this.#allocation,
      deleteEndpoints: service => deleteEndpoints(this.find('', 'v1', 'endpoints'), service),
    })
  }

  #cacheFor(prefix: string, stored: AnyKind, conversion: KindConversion | undefined): WatchCache {
    const shared = this.#caches.get(prefix)
    if (shared) {
      shared.users++
      shared.cache.addReaders(readersOf(conversion))
      return shared.cache
    }
    const { storage, clock, random } = this.#options
    const namespaced = stored.scope === 'Namespaced'
    const readers = { ...stored.selectableFields, ...readersOf(conversion) }
    const cache = new WatchCache({ ...this.#source, storage, clock, random, prefix, namespaced, readers })
    this.#caches.set(prefix, { cache, users: 1 })
    return cache
  }
}

/** Fields that only the converted kind knows are read from the converted object. */
function readersOf(conversion: KindConversion | undefined): Record<string, (object: AnyObject) => string> {
  if (!conversion) return {}
  const { spoke, hub, fromHub } = conversion
  const own = Object.entries(spoke.selectableFields ?? {}).filter(([field]) => !hub.selectableFields?.[field])
  return Object.fromEntries(own.map(([field, read]) => [field, (object: AnyObject) => read(fromHub(object))]))
}

async function deleteEndpoints(endpoints: Rest | undefined, { metadata }: AnyObject): Promise<void> {
  const { name = '', namespace } = metadata
  try {
    await endpoints?.delete(
      { name, namespace },
      {},
      { user: { name: 'system:apiserver', groups: [] }, dryRun: false, subresource: '' },
    )
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error
  }
}

/** Reads nothing until a kind is used. */
export const newRegistry = (options: RegistryOptions): Registry => new KindRegistry(options)
