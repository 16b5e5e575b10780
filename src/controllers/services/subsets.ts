/** The canonical form of an Endpoints object's subsets. Source: upstream's RepackSubsets. Pure. */
import type { EndpointAddress, EndpointPort, EndpointSubset } from '../../apis/generated/core-v1.js'

/** That an address serves a port; without one, that it is there at all. */
export interface Offer {
  address: EndpointAddress
  port: EndpointPort | undefined
  ready: boolean
}

interface Member {
  address: EndpointAddress
  ready: boolean
}

interface PortMembers {
  port: EndpointPort | undefined
  /** By address and whom it belongs to. */
  members: Map<string, Member>
}

const byText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
const idOf = ({ ip, targetRef }: EndpointAddress) => `${ip}|${targetRef?.uid}`

/** Each address stands once at a port, not ready if it is said to be so anywhere; ports of the same addresses share a subset. */
export function packSubsets(offers: Iterable<Offer>): EndpointSubset[] {
  const byPort = new Map<string, PortMembers>()
  for (const { address, port, ready } of offers) {
    const key = JSON.stringify(port ?? null)
    const entry = byPort.get(key) ?? { port, members: new Map<string, Member>() }
    const known = entry.members.get(idOf(address))
    entry.members.set(idOf(address), known ? { ...known, ready: known.ready && ready } : { address, ready })
    byPort.set(key, entry)
  }
  return groupByMembers([...byPort.values()])
}

function groupByMembers(entries: readonly PortMembers[]): EndpointSubset[] {
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

function* offersOf({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset): Iterable<Offer> {
  for (const port of ports.length ? ports : [undefined]) {
    for (const address of addresses) yield { address, port, ready: true }
    for (const address of notReadyAddresses) yield { address, port, ready: false }
  }
}

/** What users wrote, in the canonical form. */
export function repackSubsets(subsets: readonly EndpointSubset[]): EndpointSubset[] {
  return packSubsets(subsets.flatMap(subset => [...offersOf(subset)]))
}
