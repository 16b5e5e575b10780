/** Defaults that only a pod gets, not the templates of pods: upstream's SetDefaults_Pod. */
import type { Container, Pod, PodSpec } from '../generated/core-v1.js'
import { aggregateContainerResources } from './pod-resources.js'
import { dropInitContainerAnnotations } from './pod-spec/annotations.js'
import { setPodSpecDefaults } from './pod-spec/defaults.js'
import { isHugePages, isOvercommitAllowed, isPodLevelResource } from './resource-names.js'

/** What is limited but not requested is requested up to its limit. */
function requestUpToLimits({ resources }: Container): void {
  if (resources?.limits) resources.requests = { ...resources.limits, ...resources.requests }
}

const isSetAtPodLevel = ({ resources }: PodSpec): boolean =>
  Object.keys(resources?.limits ?? {}).length + Object.keys(resources?.requests ?? {}).length > 0

/** The containers' huge pages together limit a pod that says something about its resources, but not about these. */
function limitHugePages(spec: PodSpec): void {
  const { resources } = spec
  if (!resources || !isSetAtPodLevel(spec)) return
  for (const [name, sum] of Object.entries(aggregateContainerResources({ spec }, 'limits'))) {
    if (!isHugePages(name) || resources.requests?.[name] !== undefined) continue
    resources.limits ??= {}
    resources.limits[name] ??= sum
  }
}

/** A pod with limits requests what its containers request, else up to its limits. */
function requestForPod(spec: PodSpec): void {
  const { resources } = spec
  if (!resources?.limits || !Object.keys(resources.limits).length) return
  const requests = { ...resources.requests }
  for (const [name, sum] of Object.entries(aggregateContainerResources({ spec }, 'requests')))
    if (isPodLevelResource(name) && isOvercommitAllowed(name)) requests[name] ??= sum
  for (const [name, limit] of Object.entries(resources.limits)) if (isPodLevelResource(name)) requests[name] ??= limit
  if (Object.keys(requests).length) resources.requests = requests
}

/** In the host's network every container port is a port of the host. */
function exposeHostPorts({ ports = [] }: Container): void {
  for (const port of ports) port.hostPort ||= port.containerPort
}

/** The older singular field and the first of the list are the same address. */
function syncPodIp({ status }: Pod): void {
  if (!status) return
  if (status.podIP && status.podIPs?.[0]?.ip !== status.podIP) status.podIPs = [{ ip: status.podIP }]
  else if (status.podIPs?.[0]) status.podIP = status.podIPs[0].ip
}

/** Everything a client may leave out of a pod. */
export function setPodDefaults(pod: Pod): void {
  const { spec } = pod
  setPodSpecDefaults(spec)
  // A negative period means as soon as possible; templates keep it as it is.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1
  dropInitContainerAnnotations(pod.metadata)
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
  containers.forEach(requestUpToLimits)
  limitHugePages(spec)
  requestForPod(spec)
  spec.enableServiceLinks ??= true
  if (spec.hostNetwork) containers.forEach(exposeHostPorts)
  syncPodIp(pod)
}
