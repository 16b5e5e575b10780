/** VolumeZone: a pod whose volumes are labelled with a zone or a region goes there. */
import { classOfClaim } from '../../apis/core-v1/volume-matching.js'
import type { PersistentVolume, Pod } from '../../apis/generated/core-v1.js'
import type { Plugin, Refusal, Rejection, VolumeChange, Volumes } from '../framework.js'
import { claimsOf, usesClaim } from '../volumes/pod-claims.js'

const rejection: Rejection = { reasons: ['node(s) had no available volume zone'], unresolvable: true }
/** The labels that count, with the newer name of each. */
const topologyLabels = new Map([
  ['failure-domain.beta.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['failure-domain.beta.kubernetes.io/region', 'topology.kubernetes.io/region'],
  ['topology.kubernetes.io/zone', 'topology.kubernetes.io/zone'],
  ['topology.kubernetes.io/region', 'topology.kubernetes.io/region'],
])

interface Topology {
  key: string
  values: ReadonlySet<string>
}

/** Several zones stand in one label, with `__` between them. A label with an empty zone says nothing. */
function topologiesOf({ metadata: { labels = {} } }: PersistentVolume): Topology[] {
  return [...topologyLabels.keys()].flatMap(key => {
    const values = labels[key]?.split('__').map(value => value.trim())
    return values?.every(Boolean) ? [{ key, values: new Set(values) }] : []
  })
}

function podTopologies(pod: Pod, volumes: Volumes): Topology[] | Refusal {
  const found: Topology[] = []
  for (const { name, ephemeral } of claimsOf(pod)) {
    if (ephemeral) continue
    const claim = volumes.claim(pod.metadata.namespace ?? '', name)
    if (!claim) return { refused: `persistentvolumeclaim ${JSON.stringify(name)} not found` }
    const { volumeName } = claim.spec
    if (!volumeName) {
      const className = classOfClaim(claim)
      if (!className) return { refused: 'PersistentVolumeClaim had no pv name and storageClass name' }
      const storageClass = volumes.storageClass(className)
      if (!storageClass) return { refused: `storageclass.storage.k8s.io ${JSON.stringify(className)} not found` }
      if (storageClass.volumeBindingMode === 'WaitForFirstConsumer') continue
      return { refused: 'PersistentVolume had no name' }
    }
    const volume = volumes.volume(volumeName)
    if (!volume) return { refused: `persistentvolume ${JSON.stringify(volumeName)} not found` }
    found.push(...topologiesOf(volume))
  }
  return found
}

function mayHelp(pod: Pod, { resource, change, object, old }: VolumeChange): boolean {
  if (change === 'Delete') return false
  if (resource === 'PersistentVolumeClaim') return usesClaim(pod, object)
  if (resource === 'StorageClass')
    return (
      !old && (object as { volumeBindingMode?: string } & typeof object).volumeBindingMode === 'WaitForFirstConsumer'
    )
  if (resource !== 'PersistentVolume') return false
  const labels = [object, old].map(each => [...topologyLabels.keys()].map(key => each?.metadata.labels?.[key]))
  return !old || JSON.stringify(labels[0]) !== JSON.stringify(labels[1])
}

export const volumeZone: Plugin = {
  name: 'VolumeZone',
  filter({ pod }, { volumes }) {
    if (!pod.spec.volumes?.length) return undefined
    const topologies = podTopologies(pod, volumes)
    if ('refused' in topologies) return topologies
    if (!topologies.length) return undefined
    return {
      check(node) {
        // A node that names no zone is in a cluster of one.
        if (![...topologyLabels.keys()].some(key => node.label(key) !== undefined)) return undefined
        for (const { key, values } of topologies) {
          const value = node.label(key) ?? node.label(topologyLabels.get(key) ?? key)
          if (value === undefined || !values.has(value)) return rejection
        }
        return undefined
      },
    }
  },
  mayHelp({ pod }, event) {
    if (event.type === 'NodeAdd' || event.type === 'NodeUpdate') return true
    return event.type === 'VolumeChange' && mayHelp(pod, event)
  },
}
