/** NodePorts: a port of the host serves one pod. */
import type { Pod } from '../../apis/generated/core-v1.js'
import type { Plugin, Rejection } from '../framework.js'
import { NodeInfo } from '../node-info.js'
import { newPodInfo, type PodInfo } from '../pod-info.js'

const rejection: Rejection = { reasons: ["node(s) didn't have free ports for the requested pod ports"] }

/** True when the two could not be on one node. */
function shareAPort({ hostPorts }: PodInfo, other: Pod): boolean {
  const alone = new NodeInfo('')
  alone.addPod(newPodInfo(other))
  return hostPorts.some(port => alone.conflicts(port))
}

export const nodePorts: Plugin = {
  name: 'NodePorts',
  filter({ hostPorts }) {
    if (!hostPorts.length) return undefined
    return { check: node => (hostPorts.some(port => node.conflicts(port)) ? rejection : undefined) }
  },
  mayHelp(info, event) {
    return event.type === 'NodeAdd' || (event.type === 'AssignedPodDelete' && shareAPort(info, event.pod))
  },
}
