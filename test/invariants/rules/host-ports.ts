/** No two pods on a node want the same port of the host. Pods that were put on a node by hand are refused by its kubelet instead. */

import { boundPod, type Invariant } from '../invariant.js'
import { nameOf } from '../model.js'
import type { Pod } from '../objects.js'
import { holdsRoom } from './placed.js'

interface HostPort {
  ip: string
  port: number
  protocol: string
}

const everywhere = '0.0.0.0'

const portsOf = ({ spec }: Pod): HostPort[] =>
  [...spec.containers, ...(spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')]
    .flatMap(({ ports = [] }) => ports)
    .flatMap(({ hostPort, hostIP, protocol = 'TCP' }) =>
      hostPort ? [{ ip: hostIP || everywhere, port: hostPort, protocol }] : [],
    )

const clash = (a: HostPort, b: HostPort) =>
  a.port === b.port && a.protocol === b.protocol && (a.ip === b.ip || a.ip === everywhere || b.ip === everywhere)

export const hostPorts: Invariant = {
  name: 'host-ports',
  claim: 'no two pods on a node have the same host port',
  *afterChange(change, model) {
    const pod = boundPod(change)
    if (!pod) return
    const own = portsOf(pod)
    if (!own.length) return
    for (const other of model.all('Pod')) {
      if (other.metadata.uid === pod.metadata.uid || !holdsRoom(other, pod.spec.nodeName)) continue
      const taken = own.find(port => portsOf(other).some(theirs => clash(port, theirs)))
      if (taken) yield `pods ${nameOf(pod)} and ${nameOf(other)} both have port ${taken.port} of ${pod.spec.nodeName}`
    }
  },
}
