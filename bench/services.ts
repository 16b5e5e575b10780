/** `services`: from a changed endpoint to the kernel, among many services of two pods each; through the same plan, table and program as in a cluster. */
import { readFileSync } from 'node:fs'
import type { Service } from '../src/apis/generated/core-v1.js'
import type { EndpointSlice } from '../src/apis/generated/discovery-v1.js'
import { newIptables } from '../src/network/packet-filter/iptables.js'
import { chainPrefix } from '../src/network/packet-filter/iptables-names.js'
import { IptablesTable } from '../src/network/packet-filter/iptables-table.js'
import { newNft } from '../src/network/packet-filter/nft.js'
import { NftTable } from '../src/network/packet-filter/nft-table.js'
import { here, type PacketFilter, type RuleTable } from '../src/network/packet-filter/rule-table.js'
import { iptablesFrame, iptablesRules } from '../src/network/proxy/iptables-rules.js'
import { planService, type ServiceRoutes } from '../src/network/proxy/service-ports.js'
import { proxyFrame, serviceRules } from '../src/network/proxy/service-rules.js'
import { median } from './bench.js'

export const changes = 50
const place = { bridges: ['br-bench'], family: 'IPv4' as const, serviceSubnet: '10.96.0.0/12' }
const prefix = chainPrefix('0123456789')
const topology = { family: 'IPv4' as const, nodes: new Map([['node-1', '']]) }
const address = (first: number, n: number) => `10.${first + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`

/** The first 256 addresses are not for services of a test. */
export const newService = (n: number): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { namespace: 'bench', name: `web-${n}` },
  spec: {
    type: 'ClusterIP',
    clusterIP: address(96, n + 256),
    clusterIPs: [address(96, n + 256)],
    ports: [{ port: 80 }],
  },
})

export const newSlice = (n: number, pods: readonly number[]): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { namespace: 'bench', name: `web-${n}`, labels: { 'kubernetes.io/service-name': `web-${n}` } },
  addressType: 'IPv4',
  ports: [{ protocol: 'TCP', port: 8080 }],
  endpoints: pods.map(pod => ({ addresses: [address(120, pod)], nodeName: 'node-1', conditions: { ready: true } })),
})

/** User and system time of a process and of its children that ended. */
export function cpuMsOf(pid: number | 'self'): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [first, last] = [11, 15]
  const msPerTick = 10
  return fields.slice(first, last).reduce((sum, ticks) => sum + Number(ticks), 0) * msPerTick
}

interface Way<Part> {
  program: string
  filter: PacketFilter
  table: RuleTable<Part>
  frame: Part
  rules(routes: ServiceRoutes): Part
}

/** Prints a line: the first load, and the median of what one change takes. */
async function measure<Part>(size: number, { program, filter, table, frame, rules }: Way<Part>): Promise<void> {
  const put = (n: number, pods: readonly number[]) => {
    const routes = planService(newService(n), [newSlice(n, pods)], topology)
    table.set(`service ${n}`, routes && rules(routes))
  }
  const began = performance.now()
  table.set('frame', frame)
  for (let n = 0; n < size; n++) put(n, [2 * n, 2 * n + 1])
  await filter.load(table.transaction())
  const firstMs = performance.now() - began
  const [times, cpu]: [number[], number] = [[], cpuMsOf('self')]
  for (let i = 0; i < changes; i++) {
    const n = (i * 7919) % size
    const start = performance.now()
    put(n, [2 * n, 2 * size + i])
    await filter.load(table.transaction())
    times.push(performance.now() - start)
  }
  const own = ((cpuMsOf('self') - cpu) / changes).toFixed(1)
  console.log(
    `services ${size}: ${median(times).toFixed(1)} ms a change (${own} ms of CPU with ${program}), first load ${Math.round(firstMs)} ms`,
  )
  await filter.remove(table.name)
}

/** By each of the programs. */
export async function benchServices(size: number): Promise<void> {
  await measure(size, {
    program: 'nft',
    filter: newNft(here),
    table: new NftTable('bench'),
    frame: proxyFrame(place),
    rules: routes => serviceRules(routes, place),
  })
  const own = { ...place, prefix }
  await measure(size, {
    program: 'iptables',
    filter: newIptables(here, place),
    table: new IptablesTable(prefix),
    frame: iptablesFrame(own),
    rules: routes => iptablesRules(routes, own, () => []),
  })
}
