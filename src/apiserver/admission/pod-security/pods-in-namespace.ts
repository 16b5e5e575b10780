/** Which pods of a namespace would not be let in under a new level: a warning to whoever changes the namespace. */
import type { Pod } from '../../../apis/generated/core-v1.js'
import { summarizeViolations, violations } from './evaluate.js'
import { formatLevelVersion, type LevelVersion } from './policy.js'

/** Upstream's figure. */
const maxPods = 3000

/** One of each controller first: its siblings are alike. */
function prioritize(pods: readonly Pod[]): Pod[] {
  const first: Pod[] = []
  const siblings: Pod[] = []
  const seen = new Set<string>()
  for (const pod of pods) {
    const owner = pod.metadata?.ownerReferences?.find(reference => reference.controller)?.uid
    if (owner !== undefined && seen.has(owner)) siblings.push(pod)
    else first.push(pod)
    if (owner !== undefined) seen.add(owner)
  }
  return [...first, ...siblings]
}

const others = (count: number) => (count === 1 ? '' : ` (and ${count - 1} other pod${count === 2 ? '' : 's'})`)

/** Upstream's warnings. `pods`: those that no exemption spares. */
export function warningsOfExistingPods(namespace: string, enforce: LevelVersion, pods: readonly Pod[]): string[] {
  const checked = prioritize(pods).slice(0, maxPods)
  const byReason = new Map<string, string[]>()
  for (const pod of checked) {
    const found = violations(enforce, pod as Required<Pick<Pod, 'spec'>>)
    if (!found.length) continue
    const reason = summarizeViolations(found)
    byReason.set(reason, [...(byReason.get(reason) ?? []), pod.metadata?.name ?? ''])
  }
  const tooMany = `new PodSecurity enforce level only checked against the first ${checked.length} of ${pods.length} existing pods`
  const intro = `existing pods in namespace "${namespace}" violate the new PodSecurity enforce level "${formatLevelVersion(enforce)}"`
  return [
    ...(checked.length < pods.length ? [tooMany] : []),
    ...(byReason.size ? [intro] : []),
    ...[...byReason].map(([reason, names]) => `${names.sort()[0]}${others(names.length)}: ${reason}`).sort(),
  ]
}
