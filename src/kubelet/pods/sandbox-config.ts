/** The sandbox that a pod needs. Pure. */
import type { ContainerPort, Pod } from '../../apis/generated/core-v1.js'
import { quantityValue } from '../../machinery/quantity.js'
import type { Mount, NamespaceOptions, PortMapping, SandboxConfig } from '../runtime/types.js'
import { memoryVolumesOf } from '../volumes/pod-volumes.js'
import { kernelHostname } from './hosts-file.js'
import { isRestartableInit, refOf } from './pod.js'

/** `pid` is that of the containers: the sandbox itself always has its own or the node's. */
export function namespacesOf({ spec }: Pod): NamespaceOptions {
  const pid = spec.hostPID ? 'node' : spec.shareProcessNamespace ? 'pod' : 'container'
  return { network: spec.hostNetwork ? 'node' : 'pod', ipc: spec.hostIPC ? 'node' : 'pod', pid }
}

const mappingOf = ({ containerPort, hostPort, protocol, hostIP }: ContainerPort): PortMapping => ({
  containerPort,
  hostPort: hostPort!,
  protocol: (protocol ?? 'TCP') as PortMapping['protocol'],
  ...(hostIP && { hostIP }),
})

function portMappings({ spec }: Pod): PortMapping[] {
  if (spec.hostNetwork) return []
  const containers = [...(spec.initContainers ?? []).filter(isRestartableInit), ...spec.containers]
  return containers
    .flatMap(({ ports }) => ports ?? [])
    .filter(({ hostPort }) => hostPort)
    .map(mappingOf)
}

/** Bits a second, as annotations say; what is no quantity is no limit. */
function bandwidthOf({ metadata: { annotations = {} } }: Pod): Pick<SandboxConfig, 'bandwidth'> {
  const rateOf = (direction: 'ingress' | 'egress') => {
    try {
      return quantityValue(annotations[`kubernetes.io/${direction}-bandwidth`] ?? 0)
    } catch {
      return 0
    }
  }
  const [ingress, egress] = [rateOf('ingress'), rateOf('egress')]
  if (!ingress && !egress) return {}
  return { bandwidth: { ...(ingress && { ingress }), ...(egress && { egress }) } }
}

/** Memory lasts as long as someone mounts it: the sandbox does, so that it outlives each container. */
const memoryMounts = (pod: Pod): Mount[] =>
  memoryVolumesOf(pod).map(name => ({
    containerPath: `/memory/${name}`,
    source: { memory: name },
    readOnly: false,
  }))

export interface SandboxInput {
  pod: Pod
  attempt: number
  clusterDomain: string
  nodeName: string
  podCidrs?: readonly string[]
}

/** On the node's network a pod is called as its node is: several nodes may share a machine, and its name. */
export function sandboxConfig({ pod, attempt, clusterDomain, nodeName, podCidrs }: SandboxInput): SandboxConfig {
  const sysctls = (pod.spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name.replaceAll('/', '.'), value])
  return {
    pod: refOf(pod),
    attempt,
    hostname: pod.spec.hostNetwork ? nodeName : kernelHostname(pod, clusterDomain),
    namespaces: namespacesOf(pod),
    portMappings: portMappings(pod),
    ...bandwidthOf(pod),
    ...(podCidrs && { podCidrs }),
    sysctls: Object.fromEntries(sysctls),
    mounts: memoryMounts(pod),
  }
}
