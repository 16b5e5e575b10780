/** Which pods stand behind a service, and under which addresses and ports. Source: upstream's k8s.io/endpointslice. Pure. */
import { isPodReady, isPodTerminal } from '../../apis/core-v1/pod-status.js'
import type { Pod, Service, ServicePort } from '../../apis/generated/core-v1.js'
import { sameJson } from '../../machinery/apply/same-json.js'
import { familyOf, type IpFamily } from '../../machinery/ip-family.js'
import type { Labels } from '../../machinery/selector/label-requirement.js'

/** Label of endpoints and slices whose service has no cluster IP. */
export const headlessLabel = 'service.kubernetes.io/headless'
export const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time'

/** The service has a selector of its own, so its endpoints are found for it; an empty one selects everything. */
export const selectsPods = ({ spec }: Service): boolean => spec?.selector !== undefined && spec.type !== 'ExternalName'

export const isSelected = ({ spec }: Service, labels: Labels): boolean =>
  Object.entries(spec?.selector ?? {}).every(([key, value]) => labels?.[key] === value)

export const isHeadless = ({ spec }: Service): boolean => !spec?.clusterIP || spec.clusterIP === 'None'

/** A pod with an address whose containers may run. */
export const canServe = (pod: Pod, includeTerminating: boolean): boolean =>
  !isPodTerminal(pod) &&
  Boolean(pod.status?.podIP || pod.status?.podIPs?.length) &&
  (includeTerminating || !pod.metadata.deletionTimestamp)

/** Families of the service's addresses; of the cluster IP where it does not say. */
export function familiesOf({ spec }: Service): IpFamily[] {
  const families = (spec?.ipFamilies ?? []).filter((f): f is IpFamily => f === 'IPv4' || f === 'IPv6')
  if (families.length > 0) return families
  if (spec?.clusterIP && spec.clusterIP !== 'None') return [familyOf(spec.clusterIP)]
  return ['IPv4', 'IPv6']
}

/** The pod's addresses of that family. */
export const addressesOf = ({ status }: Pod, family: IpFamily): string[] =>
  (status?.podIPs ?? (status?.podIP ? [{ ip: status.podIP }] : []))
    .map(({ ip }) => ip)
    .filter((ip): ip is string => ip !== undefined && ip !== '' && familyOf(ip) === family)

/** The name DNS shall give the pod, where it asked for one below this service. */
export const hostnameOf = ({ spec, metadata }: Pod, service: Service): string | undefined =>
  spec.hostname && spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace
    ? spec.hostname
    : undefined

/** Number of the container port behind a service port; undefined where the pod has none of that name. */
export function targetPort(pod: Pod, { targetPort: target, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof target !== 'string') return target ?? port
  const sidecars = pod.spec.initContainers?.filter(c => c.restartPolicy === 'Always') ?? []
  const found = [...pod.spec.containers, ...sidecars]
    .flatMap(c => c.ports ?? [])
    .find(p => p.name === target && (p.protocol ?? 'TCP') === protocol)
  return found?.containerPort
}

/** This change of a pod may change the endpoints of services. */
export const endpointsChanged = (pod: Pod, old: Pod): boolean =>
  pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
  isPodReady(pod) !== isPodReady(old) ||
  isPodTerminal(pod) !== isPodTerminal(old) ||
  addressText(pod) !== addressText(old) ||
  pod.spec.nodeName !== old.spec.nodeName

/** This change of a pod may change which services it belongs to, or its name below them. */
export const membershipChanged = (pod: Pod, old: Pod): boolean =>
  !sameJson(pod.metadata.labels ?? {}, old.metadata.labels ?? {}) ||
  pod.spec.hostname !== old.spec.hostname ||
  pod.spec.subdomain !== old.spec.subdomain

const addressText = ({ status }: Pod) => [status?.podIP, ...(status?.podIPs ?? []).map(p => p.ip)].join()
