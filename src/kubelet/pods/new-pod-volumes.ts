/** The volumes of one pod, with what they take from the node and from the pod as it is when they are made. */
import { PodVolumes } from '../volumes/pod-volumes.js'
import { commonUser } from './container-security.js'
import type { PodDeps } from './pod-deps.js'
import { addressesOf } from './pod-state.js'

/** `directory`: where they are kept. */
export function newPodVolumes(deps: PodDeps, { uid, directory }: { uid: string; directory: string }): PodVolumes {
  const { cache, configMaps, secrets, tokens, claim, persistentVolume, runtime, clock, node, removeFiles } = deps
  return new PodVolumes({
    directory,
    now: () => clock.now(),
    claim,
    persistentVolume,
    ensureMemoryVolume: (...args) => runtime.ensureMemoryVolume(...args),
    removeFiles,
    context: pod => {
      const runAsUser = commonUser(pod)
      const fsGroup = pod.spec.securityContext?.fsGroup
      return {
        pod,
        nodeName: node.name,
        hostIPs: node.addresses(),
        podIPs: addressesOf(cache.state(uid)),
        allocatable: node.allocatable(),
        tokens,
        config: {
          configMap: (namespace, name) => configMaps.get(uid, namespace, name),
          secret: (namespace, name) => secrets.get(uid, namespace, name),
        },
        ...(runAsUser !== undefined && { runAsUser }),
        ...(fsGroup !== undefined && { fsGroup }),
      }
    },
  })
}
