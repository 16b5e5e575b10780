/** Which resource a key of the store belongs to: the way back from `storage-keys.ts`. */
import type { AnyKind } from '../machinery/kind.js'
import { keyPrefix } from './storage-keys.js'

const rootLength = '/registry/'.length

/** `/registry/pods/` of a key or of a prefix; those of other groups have a directory of their group. */
export function resourcePrefix(key: string): string {
  const first = key.indexOf('/', rootLength)
  const segment = key.slice(rootLength, first)
  return segment === 'services' || segment.includes('.')
    ? key.slice(0, key.indexOf('/', first + 1) + 1)
    : key.slice(0, first + 1)
}

export interface ResourceOfKey {
  group: string
  resource: string
  /** A record of the server's own, named after its directory: no resource that the API serves. */
  isRecord: boolean
}

export class KeyResources {
  readonly #known = new Map<string, ResourceOfKey>()

  /** `kinds`: those whose keys do not tell their groups. Of two in one place, such as the two of events, the first counts. */
  constructor(kinds: readonly AnyKind[]) {
    for (const kind of kinds) {
      const prefix = keyPrefix(kind)
      if (!this.#known.has(prefix))
        this.#known.set(prefix, { group: kind.group, resource: kind.names.plural, isRecord: false })
    }
  }

  of(key: string): ResourceOfKey {
    const prefix = resourcePrefix(key)
    const known = this.#known.get(prefix)
    if (known) return known
    const [group = '', resource = ''] = prefix.slice(rootLength, -1).split('/')
    return resource ? { group, resource, isRecord: false } : { group: '', resource: group, isRecord: true }
  }
}
