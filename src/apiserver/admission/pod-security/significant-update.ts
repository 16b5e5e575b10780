/** Which changes of a pod make PodSecurity look at it again. */
import type { CheckedPod } from './check.js'

interface Imaged {
  name: string
  image?: string
}

const differ = (containers: readonly Imaged[] = [], old: readonly Imaged[] = []) =>
  containers.length !== old.length || containers.some((container, index) => container.image !== old[index]?.image)

/** Containers that come or go, or run another image: all else that may change in a pod is harmless. */
export function isSignificantUpdate({ spec }: CheckedPod, { spec: old }: CheckedPod): boolean {
  if (differ(spec.containers, old.containers) || differ(spec.initContainers, old.initContainers)) return true
  return (spec.ephemeralContainers ?? []).some(container => {
    const before = old.ephemeralContainers?.find(each => each.name === container.name)
    return !before || before.image !== container.image
  })
}
