/** The subsets of an Endpoints object: addresses grouped by the ports they offer, in upstream's order. Pure. */
import { isPodReady } from '../../apis/core-v1/pod-status.js'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '../../apis/generated/core-v1.js'
import { addressesOf, canServe, familiesOf, hostnameOf, isHeadless, targetPort } from '../services/members.js'

/** More addresses than these are cut off, with an annotation that says so. */
export const maxCapacity = 1000

interface Member {
  address: EndpointAddress
  ready: boolean
}

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

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const idOf = ({ ip, targetRef }: EndpointAddress) => `${ip}|${targetRef?.uid}`

export function planSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const publish = service.spec?.publishNotReadyAddresses === true
  const byPort = new Map<string, { port: EndpointPort | undefined; members: Map<string, Member> }>()
  for (const pod of pods.filter(p => canServe(p, publish))) {
    const address = addressOf(pod, service)
    if (!address) continue
    for (const port of portsOf(pod, service)) {
      const key = JSON.stringify(port ?? null)
      const entry = byPort.get(key) ?? { port, members: new Map<string, Member>() }
      entry.members.set(idOf(address), { address, ready: publish || isPodReady(pod) })
      byPort.set(key, entry)
    }
  }
  return groupByMembers([...byPort.values()])
}

/** Ports offered by the same addresses in the same state share a subset. */
function groupByMembers(entries: { port: EndpointPort | undefined; members: Map<string, Member> }[]): EndpointSubset[] {
  const groups = new Map<string, { members: Member[]; ports: EndpointPort[] }>()
  for (const { port, members } of entries) {
    const sorted = [...members].sort(([a], [b]) => byText(a, b))
    const key = sorted.map(([id, { ready }]) => `${id}|${ready}`).join()
    const group = groups.get(key) ?? { members: sorted.map(([, member]) => member), ports: [] }
    if (port) group.ports.push(port)
    groups.set(key, group)
  }
  return [...groups.entries()].sort(([a], [b]) => byText(a, b)).map(([, group]) => toSubset(group))
}

function toSubset({ members, ports }: { members: Member[]; ports: EndpointPort[] }): EndpointSubset {
  const addresses = members.filter(m => m.ready).map(m => m.address)
  const notReadyAddresses = members.filter(m => !m.ready).map(m => m.address)
  const sorted = ports.sort((a, b) => byText(a.name ?? '', b.name ?? '') || (a.port ?? 0) - (b.port ?? 0))
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(sorted.length > 0 && { ports: sorted }),
  }
}

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
