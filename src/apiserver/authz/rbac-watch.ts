/** Keeps the rule resolver in step with the stored roles and bindings. */
import type { AnyObject } from '../../machinery/object-meta.js'
import type { RegistryEvent, Rest } from '../../registry/rest.js'
import type { Logger } from '../../telemetry/logger.js'
import type { RestDirectory } from '../deps.js'
import { type Binding, type Role, rbacGroup } from './rbac-types.js'
import type { RuleResolver } from './rule-resolver.js'

const resources = ['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings']
const initialEventsEnd = 'k8s.io/initial-events-end'
const fromTheBeginning = {
  sendInitialEvents: true,
  resourceVersionMatch: 'NotOlderThan',
  allowWatchBookmarks: true,
} as const

type Apply = (object: AnyObject, removed: boolean) => void

/** One resource: what is known by key, so that a watch begun anew can tell what vanished meanwhile. */
class ResourceMirror {
  #known = new Map<string, AnyObject>()
  #seen: Map<string, AnyObject> | undefined = new Map()

  constructor(
    readonly rest: Rest,
    readonly apply: Apply,
  ) {}

  /** True when the initial events are through. */
  take({ type, stored }: RegistryEvent): boolean {
    const { object } = stored
    if (type === 'BOOKMARK') {
      if (!object.metadata.annotations?.[initialEventsEnd]) return false
      this.#forgetVanished()
      return true
    }
    if (type === 'ERROR') return false
    const key = `${object.metadata.namespace ?? ''}/${object.metadata.name}`
    const removed = type === 'DELETED'
    if (removed) this.#known.delete(key)
    else this.#known.set(key, object)
    if (!removed) this.#seen?.set(key, object)
    this.apply(object, removed)
    return false
  }

  beginAnew(): void {
    this.#seen = new Map()
  }

  #forgetVanished(): void {
    for (const [key, object] of this.#known) {
      if (this.#seen?.has(key)) continue
      this.#known.delete(key)
      this.apply(object, true)
    }
    this.#seen = undefined
  }

  /** Resolves when the watch has ended. */
  async follow(signal: AbortSignal, onSynced: () => void): Promise<void> {
    this.beginAnew()
    const events = await this.rest.watch(undefined, fromTheBeginning, signal)
    await new Promise<void>(resolve => {
      events.onEvents(batch => {
        for (const event of batch) if (this.take(event)) onSynced()
      }, resolve)
    })
  }
}

/** Resolves when all that is stored is known; goes on until the signal aborts. `onRole` hears of each change of a cluster role. */
export async function followRbac(
  rests: RestDirectory,
  resolver: RuleResolver,
  { signal, log, onRole = () => {} }: { signal: AbortSignal; log: Logger; onRole?(): void },
): Promise<void> {
  const applyRole: Apply = (object, removed) => {
    resolver.setRole(object as Role, removed)
    if (!object.metadata.namespace) onRole()
  }
  const applyBinding: Apply = (object, removed) => resolver.setBinding(object as unknown as Binding, removed)
  const followOne = (resource: string) =>
    new Promise<void>((resolve, reject) => {
      const rest = rests.find(rbacGroup, 'v1', resource)
      if (!rest) return reject(new Error(`${resource}.${rbacGroup} is not served`))
      const mirror = new ResourceMirror(rest, resource.endsWith('bindings') ? applyBinding : applyRole)
      const loop = async () => {
        while (!signal.aborted) {
          await mirror.follow(signal, resolve)
          if (!signal.aborted) log.info({ resource }, 'Watch of roles ended, beginning anew')
        }
      }
      loop().catch(reject)
    })
  await Promise.all(resources.map(followOne))
}
