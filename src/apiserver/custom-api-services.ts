/** APIServices of custom resources: they come and go with the groups and versions that CustomResourceDefinitions serve. */
import type { CustomResourceDefinition } from '../apis/generated/apiextensions-v1.js'
import type { Clock } from '../machinery/clock.js'
import type { AnyObject } from '../machinery/object-meta.js'
import { isReason } from '../machinery/status-error.js'
import type { Logger } from '../telemetry/logger.js'
import { loopback } from './authn/user.js'
import type { RestDirectory } from './deps.js'
import { automanagedLabel, localApiService } from './local-api-services.js'
import { followResource } from './resource-mirror.js'

const scope = { user: loopback, dryRun: false, subresource: '' }

interface CustomApiServicesDeps {
  rests: RestDirectory
  clock: Clock
  log: Logger
  signal: AbortSignal
}

interface GroupVersion {
  group: string
  version: string
}

const nameOf = ({ group, version }: GroupVersion) => `${version}.${group}`

const servedBy = ({ spec }: CustomResourceDefinition): GroupVersion[] =>
  spec.versions.filter(({ served }) => served).map(({ name }) => ({ group: spec.group, version: name }))

class CustomApiServices {
  readonly #deps: CustomApiServicesDeps
  readonly #served = new Map<string, readonly GroupVersion[]>()
  /** Writes one after another: what comes and goes at once must end as it was last. */
  #writes: Promise<void> = Promise.resolve()

  constructor(deps: CustomApiServicesDeps) {
    this.#deps = deps
  }

  take(definition: CustomResourceDefinition, removed: boolean): void {
    const name = definition.metadata.name ?? ''
    const before = this.#served.get(name) ?? []
    const now = removed ? [] : servedBy(definition)
    this.#served.set(name, now)
    if (removed) this.#served.delete(name)
    for (const groupVersion of [...before, ...now]) this.#enqueue(groupVersion)
  }

  #isServed({ group, version }: GroupVersion): boolean {
    return [...this.#served.values()].flat().some(other => other.group === group && other.version === version)
  }

  #enqueue(groupVersion: GroupVersion): void {
    this.#writes = this.#writes
      .then(() => (this.#isServed(groupVersion) ? this.#ensure(groupVersion) : this.#remove(groupVersion)))
      .catch(error =>
        this.#deps.log.warn({ name: nameOf(groupVersion), error: String(error) }, 'Cannot write an APIService'),
      )
  }

  get #rest() {
    return this.#deps.rests.find('apiregistration.k8s.io', 'v1', 'apiservices')
  }

  async #stored(groupVersion: GroupVersion): Promise<AnyObject | undefined> {
    try {
      return (await this.#rest?.get({ name: nameOf(groupVersion) }))?.object
    } catch (error) {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }

  /** One that somebody else made stays as it is. */
  async #ensure(groupVersion: GroupVersion): Promise<void> {
    if (await this.#stored(groupVersion)) return
    await this.#rest?.create(undefined, localApiService(groupVersion, 'true') as unknown as AnyObject, scope)
  }

  async #remove(groupVersion: GroupVersion): Promise<void> {
    const stored = await this.#stored(groupVersion)
    if (stored?.metadata.labels?.[automanagedLabel] !== 'true') return
    await this.#rest?.delete({ name: nameOf(groupVersion) }, {}, scope)
  }
}

/** Resolves when all definitions are known; goes on until the signal aborts. */
export async function followCustomApiServices(deps: CustomApiServicesDeps): Promise<void> {
  const rest = deps.rests.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')
  if (!rest) return
  const services = new CustomApiServices(deps)
  await followResource(rest, {
    ...deps,
    apply: (object, removed) => services.take(object as unknown as CustomResourceDefinition, removed),
  })
}
