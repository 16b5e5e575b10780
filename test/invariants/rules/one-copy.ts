/**
 * Containers of a pod run on one node, and those of the pod before it, of the same name, have ended when they begin: what makes an ordinal
 * of a StatefulSet safe to hold data. Forced deletion (grace period 0, or of pods on a Node that was deleted while its machine went on)
 * gives that up, upstream too.
 */
import type { Invariant } from '../invariant.js'

export const oneCopy: Invariant = {
  name: 'one-copy',
  claim: 'containers of one pod name run for one pod, on one node',
  *onContainers(model) {
    const homes = new Map<string, string>()
    for (const [node, running] of model.containers)
      for (const { namespace, name, uid } of running) {
        const pod = `${namespace}/${name}`
        const home = `${uid} on ${node}`
        const other = homes.get(pod)
        if (other !== undefined && other !== home) yield `${pod} runs twice: ${other}, ${home}`
        homes.set(pod, home)
      }
  },
}
