/** Logs, exec, attach and port-forward for the pods of this node, as the API server asks for them. */
import type { Readable } from 'node:stream'
import type { Pod, PodStatus } from '../../apis/generated/core-v1.js'
import type { ContainerRef, ExecStreams, LogOptions, NodeApi } from '../../machinery/node-api.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'
import { findContainer } from '../pods/pod.js'
import { latestOf, runningSandbox } from '../pods/pod-state.js'
import { isRuntimeError, type Runtime } from '../runtime/runtime.js'
import type { RuntimeCache } from '../runtime-cache.js'
import { limitBytes } from './limit-bytes.js'
import { logSource } from './log-source.js'

export interface NodeApiDeps {
  runtime: Runtime
  /** Scheme of container ids. */
  runtimeName: string
  cache: RuntimeCache
  /** The pod on this node, with the status as the kubelet knows it. */
  pod(namespace: string, name: string): { pod: Pod; status: PodStatus | undefined } | undefined
}

const fullName = ({ namespace, pod }: Pick<ContainerRef, 'namespace' | 'pod'>) => `${pod}_${namespace}`

/** What a kubelet answers as 500. */
const failure = (message: string) => new StatusError(500, 'InternalError', message)

export function newNodeApi({ runtime, runtimeName, cache, pod: podOf }: NodeApiDeps): NodeApi {
  function find(ref: Pick<ContainerRef, 'namespace' | 'pod' | 'uid'>) {
    const found = podOf(ref.namespace, ref.pod)
    if (!found || (ref.uid && found.pod.metadata.uid !== ref.uid)) throw failure(`pod not found ("${fullName(ref)}")`)
    return found
  }

  /** Id of the running container. */
  function running(ref: ContainerRef): string {
    const { pod } = find(ref)
    const latest = latestOf(cache.state(pod.metadata.uid ?? ''), ref.container)
    if (latest?.state !== 'running') throw failure(`container not found ("${ref.container}")`)
    return latest.id
  }

  return {
    async logs(ref: ContainerRef, options: LogOptions, signal: AbortSignal): Promise<Readable> {
      const found = podOf(ref.namespace, ref.pod)
      if (!found) throw badRequest(`pod "${ref.pod}" cannot be found - no logs available`)
      if (!findContainer(found.pod, ref.container))
        throw badRequest(`container "${ref.container}" not found in pod "${ref.pod}"`)
      const { pod, container } = ref
      const id = logSource({ pod, container, status: found.status, previous: options.previous ?? false })
      const source = await runtime.logs(id, options, signal).catch(error => {
        if (!isRuntimeError(error, 'not-found')) throw error
        throw badRequest(`unable to retrieve container logs for ${runtimeName}://${id}`)
      })
      return options.limitBytes === undefined ? source : limitBytes(source, options.limitBytes)
    },

    async exec(ref: ContainerRef, command: readonly string[], streams: ExecStreams): Promise<number> {
      return runtime.exec(running(ref), command, streams)
    },

    async attach(ref: ContainerRef, streams: ExecStreams): Promise<number> {
      return runtime.attach(running(ref), streams)
    },

    async portForward(ref, port, stream) {
      const { pod } = find(ref)
      const sandbox = runningSandbox(cache.state(pod.metadata.uid ?? ''))
      if (!sandbox) throw failure(`pod not found ("${fullName(ref)}")`)
      await runtime.portForward(sandbox.id, port, stream)
    },
  }
}
