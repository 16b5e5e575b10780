/** Which node, pod and container a request for logs or a stream is about. */

import type { ContainerRef, NodeApi } from '../../machinery/node-api.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest, internalError, notFound } from '../../machinery/status-error.js'
import type { ApiServerDeps } from '../deps.js'
import type { RequestInfo } from '../request-info.js'
import { resourceNotFound } from '../verbs/verbs.js'
import { findRemoteKubelet, type RemoteKubelet } from './remote-kubelet.js'

interface Pod extends AnyObject {
  spec: {
    nodeName?: string
    containers: { name: string }[]
    initContainers?: { name: string }[]
    ephemeralContainers?: { name: string }[]
  }
  status?: { phase?: string }
}

export interface PodTarget {
  ref: ContainerRef
  /** Absent while the pod is on no node. */
  node?: NodeApi
  /** The same node, where its kubelet is not in this process. */
  remote?: RemoteKubelet
}

export type PodTargetDeps = Pick<ApiServerDeps, 'rests' | 'nodes' | 'kubeletClient' | 'dial' | 'clock'>

const names = (containers: readonly { name: string }[] | undefined) => (containers ?? []).map(({ name }) => name)
const choices = (list: readonly string[]) => `[${list.join(' ')}]`

/** The container asked for, or the only one. Throws upstream's 400 when that is not clear. */
function containerOf({ metadata, spec }: Pod, wanted: string): string {
  const [own, init, ephemeral] = [spec.containers, spec.initContainers, spec.ephemeralContainers].map(names)
  if (wanted) {
    if ([...own!, ...init!, ...ephemeral!].includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${metadata.name}`)
  }
  if (own!.length === 1) return own![0]!
  if (!own!.length) throw badRequest(`a container name must be specified for pod ${metadata.name}`)
  let text = `a container name must be specified for pod ${metadata.name}, choose one of: ${choices(own!)}`
  if (init!.length) text += ` or one of the init containers: ${choices(init!)}`
  if (ephemeral!.length) text += ` or one of the ephemeral containers: ${choices(ephemeral!)}`
  throw badRequest(text)
}

/** Throws 404 without the pod, 400 without a clear container, 500 when the node cannot be reached. */
export async function findPodTarget(
  deps: PodTargetDeps,
  info: RequestInfo,
  container: string | undefined,
): Promise<PodTarget> {
  const { rests, nodes } = deps
  const rest = rests.find('', 'v1', 'pods')
  if (!rest) throw resourceNotFound()
  const pod = (await rest.get({ name: info.name, namespace: info.namespace })).object as Pod
  const ref: ContainerRef = {
    namespace: info.namespace,
    pod: info.name,
    // Port-forward is to the pod as a whole.
    container: container === undefined ? '' : containerOf(pod, container),
    uid: pod.metadata.uid ?? '',
  }
  const { nodeName } = pod.spec
  if (!nodeName) return { ref }
  const node = nodes?.(nodeName)
  // Upstream looks the node up to learn its address, and names the wrong resource.
  const isThere =
    node ||
    (await rests
      .find('', 'v1', 'nodes')
      ?.get({ name: nodeName })
      .then(Boolean, () => false))
  if (!isThere) throw notFound(rest.kind, nodeName)
  if (node) return { ref, node }
  const remote = await findRemoteKubelet(nodeName, deps)
  if (!remote) throw internalError(`node ${JSON.stringify(nodeName)} cannot be reached`)
  return { ref, node: remote, remote }
}
