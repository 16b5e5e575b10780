/** Makes the node ports that are taken those that services have. */
import type { Service } from '../../apis/generated/core-v1.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import type { AllocationFinding } from './findings.js'
import type { PortRange } from './port-range.js'

/** The look that finds a port to be nobody's once more gives it up: before, it may be that of a service just being created. Upstream's figure. */
const looksBeforeRelease = 3

/** All that the service claims: one port in two protocols once, twice in the same protocol twice. */
export function claimedPorts({ spec }: Service): number[] {
  const claimed: number[] = []
  const protocols = new Map<number, Set<string>>()
  const claim = (port: number, protocol: string) => {
    const known = protocols.get(port) ?? new Set()
    if (!known.size || known.has(protocol)) claimed.push(port)
    protocols.set(port, known.add(protocol))
  }
  for (const { nodePort, protocol = 'TCP' } of spec.ports ?? []) if (nodePort) claim(nodePort, protocol)
  if (spec.healthCheckNodePort) claim(spec.healthCheckNodePort, 'TCP')
  return claimed
}

/** In how many looks each port was nobody's. */
export type LeakedPorts = ReadonlyMap<number, number>

const problems = {
  repair: ['PortNotAllocated', port => `Port ${port} is not allocated; repairing`],
  duplicate: [
    'PortAlreadyAllocated',
    port => `Port ${port} was assigned to multiple services; please recreate service`,
  ],
  outOfRange: [
    'PortOutOfRange',
    (port, range) => `Port ${port} is not within the port range ${range}; please recreate service`,
  ],
} as const satisfies Record<string, readonly [string, (port: number, range: string) => string]>

/** Takes what services have and is free, and gives up what was nobody's for long enough. */
export function mendPorts(
  ports: PortRange,
  services: readonly AnyObject[],
  leaked: LeakedPorts,
): { findings: AllocationFinding[]; leaked: LeakedPorts } {
  const findings: AllocationFinding[] = []
  const owned = new Set<number>()
  const check = (port: number): keyof typeof problems | undefined => {
    if (!ports.contains(port)) return 'outOfRange'
    if (owned.has(port)) return 'duplicate'
    owned.add(port)
    if (ports.has(port)) return undefined
    ports.take(port)
    return 'repair'
  }
  for (const service of services)
    for (const port of claimedPorts(service as unknown as Service)) {
      const error = check(port)
      if (!error) continue
      const [reason, note] = problems[error]
      findings.push({ regarding: service, action: 'PortAllocation', reason, note: note(port, ports.text), error })
    }
  const nobodys = [...ports.taken()].filter(port => !owned.has(port))
  const looks = new Map(nobodys.map(port => [port, (leaked.get(port) ?? 0) + 1]))
  for (const [port, count] of looks) {
    if (count < looksBeforeRelease) continue
    ports.release(port)
    looks.delete(port)
    const note = `the node port ${port} appears to have leaked: cleaning up`
    findings.push({ action: 'PortAllocation', reason: 'PortLeaked', note, error: 'leak' })
  }
  return { findings, leaked: looks }
}
