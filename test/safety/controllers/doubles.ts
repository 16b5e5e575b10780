/** Two pods where there may be one: of an ordinal, a completion index, or a node. */
import type { Pod } from '../../../src/apis/generated/core-v1.js'
import type { StorageEvent } from '../../../src/storage/storage.js'

const podKeys = '/registry/pods/'
const indexAnnotation = 'batch.kubernetes.io/job-completion-index'
const ordinalLabel = 'apps.kubernetes.io/pod-index'

/** Whose place the pod takes; undefined for pods of which there may be many. */
function placeOf({ metadata, status }: Pod): string | undefined {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller)
  const { phase } = status ?? {}
  if (owner?.kind === 'StatefulSet') return `ordinal ${metadata.labels?.[ordinalLabel]} of ${owner.name} ${owner.uid}`
  const isOver = metadata.deletionTimestamp || phase === 'Succeeded' || phase === 'Failed'
  if (owner?.kind !== 'Job' || isOver) return undefined
  const index = metadata.annotations?.[indexAnnotation]
  return index === undefined ? undefined : `index ${index} of ${owner.name} ${owner.uid}`
}

/** Follows every write, and tells each time that a second one comes to a place. */
export class Doubles {
  readonly found: string[] = []
  private readonly places = new Map<string, string>()

  readonly observe = ({ key, current }: StorageEvent): void => {
    if (!key.startsWith(podKeys)) return
    this.places.delete(key)
    if (!current) return
    const place = placeOf(JSON.parse(Buffer.from(current.bytes).toString()) as Pod)
    if (place === undefined) return
    const other = [...this.places].find(([, taken]) => taken === place)
    if (other) this.found.push(`${key} and ${other[0]} at once: ${place}`)
    this.places.set(key, place)
  }
}
