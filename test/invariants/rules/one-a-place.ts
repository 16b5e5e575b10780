/**
 * One live pod for a place: an ordinal of a StatefulSet, an index of an indexed Job, a node of a DaemonSet (two, while a surge replaces the
 * old one). Pods that users made and a controller took over do not count: it has no say in how many there are.
 */
import { isPodTerminal } from '../../../src/apis/core-v1/pod-status.js'
import { type Invariant, isOf } from '../invariant.js'
import { type ClusterModel, controllerOf, indexAnnotation, nameOf } from '../model.js'
import type { Pod } from '../objects.js'

/** Where a DaemonSet's pod is, or may only go. */
const targetOf = ({ spec }: Pod): string | undefined =>
  spec.nodeName ??
  spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms
    .flatMap(({ matchFields = [] }) => matchFields)
    .find(({ key }) => key === 'metadata.name')?.values?.[0]

const isLive = (pod: Pod) => !pod.metadata.deletionTimestamp && !isPodTerminal(pod)

/** Whose place the pod takes; undefined for pods of which there may be many. */
function placeOf(pod: Pod): string | undefined {
  const owner = controllerOf(pod)
  const name = `${owner?.kind} ${owner?.name}`
  // Its name is its place, whatever becomes of it, until it is gone.
  if (owner?.kind === 'StatefulSet') return `ordinal ${pod.metadata.name?.split('-').at(-1)} of ${name}`
  if (!isLive(pod)) return undefined
  const index = pod.metadata.annotations?.[indexAnnotation]
  if (owner?.kind === 'Job' && index !== undefined) return `index ${index} of ${name}`
  const node = targetOf(pod)
  return owner?.kind === 'DaemonSet' && node ? `node ${node} of ${name}` : undefined
}

function roomOf(pod: Pod, model: ClusterModel): number {
  const owner = controllerOf(pod)
  if (owner?.kind !== 'DaemonSet') return 1
  const surges = model
    .views('DaemonSet', owner.uid)
    .map(({ spec }) => spec?.updateStrategy?.rollingUpdate?.maxSurge ?? 0)
  return surges.some(surge => surge !== 0 && surge !== '0%') ? 2 : 1
}

export const oneAPlace: Invariant = {
  name: 'one-a-place',
  claim: 'an ordinal, a completion index and a node of a DaemonSet have one pod each',
  *afterChange(change, model) {
    if (!isOf(change, 'Pod') || !change.current) return
    const pod = change.current
    const place = placeOf(pod)
    if (place === undefined || (change.previous && placeOf(change.previous) === place)) return
    const same = model
      .podsOf(controllerOf(pod)?.uid ?? '')
      .filter(other => placeOf(other) === place && !model.isAdopted(other))
    if (same.length > roomOf(pod, model)) yield `${same.map(nameOf).join(' and ')} at once: ${place}`
  },
}
