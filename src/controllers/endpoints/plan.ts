/** The subsets of an Endpoints object: addresses grouped by the ports they offer, in upstream's order. Pure. */
import { isPodReady } from '../../apis/core-v1/pod-status.js'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../apis/generated/core-v1.js'
import { addressesOf, canServe, familiesOf, hostnameOf, isHeadless, targetPort } from '../services/members.js'
import { type Offer, packSubsets } from '../services/subsets.js'

/** More addresses than these are cut off, with an annotation that says so. */
export const maxCapacity = 1000

function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const [family = 'IPv4'] = familiesOf(service)
  const [ip] = addressesOf(pod, family)
  if (ip === undefined) return undefined
  const { namespace, name, uid } = pod.metadata
  const hostname = hostnameOf(pod, service)
  return {
    ip,
    ...(pod.spec.nodeName && { nodeName: pod.spec.nodeName }),
    ...(hostname && { hostname }),
    targetRef: { kind: 'Pod', namespace, name, uid },
  }
}

function portsOf(pod: Pod, service: Service): (EndpointPort | undefined)[] {
  const ports = service.spec?.ports ?? []
  if (ports.length === 0) return isHeadless(service) ? [undefined] : []
  return ports.flatMap(port => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    return {
      ...(port.name && { name: port.name }),
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol && { appProtocol: port.appProtocol }),
    }
  })
}

function* offersOf(service: Service, pods: readonly Pod[]): Iterable<Offer> {
  const publish = service.spec?.publishNotReadyAddresses === true
  for (const pod of pods.filter(p => canServe(p, publish))) {
    const address = addressOf(pod, service)
    if (!address) continue
    for (const port of portsOf(pod, service)) yield { address, port, ready: publish || isPodReady(pod) }
  }
}

export const planSubsets = (service: Service, pods: readonly Pod[]): EndpointSubset[] =>
  packSubsets(offersOf(service, pods))

const count = (subsets: readonly EndpointSubset[], of: (subset: EndpointSubset) => EndpointAddress[] | undefined) =>
  subsets.reduce((sum, subset) => sum + (of(subset)?.length ?? 0), 0)

/** Cuts to the capacity, every subset in proportion: ready ones are kept before others. */
export function truncate(subsets: EndpointSubset[]): { subsets: EndpointSubset[]; truncated: boolean } {
  const ready = count(subsets, s => s.addresses)
  const notReady = count(subsets, s => s.notReadyAddresses)
  if (ready + notReady <= maxCapacity) return { subsets, truncated: false }
  const cutReady = ready > maxCapacity
  const [max, total] = cutReady ? [maxCapacity, ready] : [maxCapacity - ready, notReady]
  let room = max
  const cut = (addresses: EndpointAddress[] = []) => {
    const share = Math.min(Math.ceil((addresses.length / total) * max), room)
    const kept = addresses.slice(0, share)
    room -= kept.length
    return kept
  }
  return {
    truncated: true,
    subsets: subsets.map(({ addresses, notReadyAddresses, ports }) =>
      cutReady ? { addresses: cut(addresses), ports } : { addresses, notReadyAddresses: cut(notReadyAddresses), ports },
    ),
  }
}
