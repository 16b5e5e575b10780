/** A pod with everything the scheduler asks of it worked out once. */
import { podRequests } from '../apis/core-v1/pod-resources.js'
import type { Container, Pod } from '../apis/generated/core-v1.js'
import { type AffinityTerm, newTerms, newWeightedTerms, type WeightedAffinityTerm } from './affinity-term.js'
import { type ResourceAmounts, resourceAmounts } from './resource-amounts.js'

export interface HostPort {
  ip: string
  protocol: string
  port: number
}

export interface PodInfo {
  readonly pod: Pod
  readonly uid: string
  /** `namespace/name`. */
  readonly key: string
  readonly namespace: string
  /** Of the profile that places it. */
  readonly schedulerName: string
  readonly priority: number
  readonly requests: ResourceAmounts
  /** The requests with upstream's guesses where a container says nothing: what scoring by free resources uses. */
  readonly nonZeroRequests: ResourceAmounts
  readonly hostPorts: readonly HostPort[]
  readonly requiredAffinity: readonly AffinityTerm[]
  readonly requiredAntiAffinity: readonly AffinityTerm[]
  readonly preferredAffinity: readonly WeightedAffinityTerm[]
  readonly preferredAntiAffinity: readonly WeightedAffinityTerm[]
  readonly hasAffinity: boolean
}

/** Upstream's schedutil.DefaultMilliCPURequest and DefaultMemoryRequest. */
const guessed = { cpu: '100m', memory: '209715200' }

const withGuesses = (container: Container): Container => ({
  ...container,
  resources: { ...container.resources, requests: { ...guessed, ...container.resources?.requests } },
})

const saysEnough = ({ resources }: Container): boolean =>
  resources?.requests?.cpu !== undefined && resources.requests.memory !== undefined

function nonZeroRequests(pod: Pod, requests: ResourceAmounts): ResourceAmounts {
  const { containers, initContainers } = pod.spec
  if (containers.every(saysEnough) && (initContainers ?? []).every(saysEnough)) return requests
  const spec = {
    ...pod.spec,
    containers: containers.map(withGuesses),
    initContainers: initContainers?.map(withGuesses),
  }
  return resourceAmounts(podRequests({ ...pod, spec }, { useStatusResources: true }))
}

function hostPortsOf({ spec }: Pod): HostPort[] {
  const sidecars = (spec.initContainers ?? []).filter(c => c.restartPolicy === 'Always')
  return [...spec.containers, ...sidecars].flatMap(({ ports }) =>
    (ports ?? []).flatMap(({ hostPort, hostIP, protocol }) =>
      hostPort ? [{ ip: hostIP || '0.0.0.0', protocol: protocol || 'TCP', port: hostPort }] : [],
    ),
  )
}

export function newPodInfo(pod: Pod): PodInfo {
  const { namespace = '', name = '', uid = '' } = pod.metadata
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {}
  const requests = resourceAmounts(podRequests(pod, { useStatusResources: true }))
  return {
    pod,
    uid,
    key: `${namespace}/${name}`,
    namespace,
    schedulerName: pod.spec.schedulerName ?? 'default-scheduler',
    priority: pod.spec.priority ?? 0,
    requests,
    nonZeroRequests: nonZeroRequests(pod, requests),
    hostPorts: hostPortsOf(pod),
    requiredAffinity: newTerms(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, pod),
    requiredAntiAffinity: newTerms(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution, pod),
    preferredAffinity: newWeightedTerms(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod),
    preferredAntiAffinity: newWeightedTerms(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution, pod),
    hasAffinity: podAffinity !== undefined || podAntiAffinity !== undefined,
  }
}

/** A pod that still takes up its node's resources. */
export const isActive = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed'

const tellsResources = ({ status }: Pod): boolean =>
  [status?.containerStatuses, status?.initContainerStatuses].some(list => list?.some(({ resources }) => resources))

/** True when two states of a pod surely take up the same on their node; false says nothing. Servers before v1.34 give pods no generation. */
export const takesUpTheSame = (a: Pod, b: Pod): boolean =>
  a.metadata.generation !== undefined &&
  a.metadata.generation === b.metadata.generation &&
  JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels) &&
  !tellsResources(a) &&
  !tellsResources(b)
