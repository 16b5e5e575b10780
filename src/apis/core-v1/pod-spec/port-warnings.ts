/** Warnings about ports that overlap between the containers of a pod. */
import type { ContainerPort, PodSpec } from '../../generated/core-v1.js'
import { visitContainers } from './visit-containers.js'

interface PlacedPort {
  port: ContainerPort
  path: string
}

const placedPorts = (spec: PodSpec, path: string): PlacedPort[] =>
  visitContainers(spec, path).flatMap(({ container, path: at }) =>
    (container.ports ?? []).map((port, i) => ({ port, path: `${at}.ports[${i}]` })),
  )

/** Of two definitions of the same container port and protocol. */
function conflictOf(port: ContainerPort, other: ContainerPort): string | undefined {
  const [hostIP, otherIP] = [port.hostIP ?? '', other.hostIP ?? '']
  const [hostPort, otherPort] = [port.hostPort ?? 0, other.hostPort ?? 0]
  if (hostIP === otherIP && hostPort === otherPort) return 'duplicate'
  if (!hostPort || !otherPort) return 'overlapping'
  return hostPort === otherPort && !hostIP !== !otherIP ? 'dangerously ambiguous' : undefined
}

/** Go's %+v of the struct. */
const printed = ({ name = '', hostPort = 0, containerPort, protocol = '', hostIP = '' }: ContainerPort) =>
  `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol} HostIP:${hostIP}}`

function* definitionWarnings(ports: readonly PlacedPort[]): Generator<string> {
  const seen = new Map<string, PlacedPort[]>()
  for (const placed of ports) {
    const { port, path: at } = placed
    if (port.hostIP && !port.hostPort) yield `${at}: hostIP set without hostPort: ${printed(port)}`
    const key = `${port.containerPort}/${port.protocol ?? ''}`
    const others = seen.get(key) ?? []
    for (const other of others) {
      const conflict = conflictOf(port, other.port)
      if (conflict) yield `${at}: ${conflict} port definition with ${other.path}`
    }
    seen.set(key, [...others, placed])
  }
}

function* nameWarnings(ports: readonly PlacedPort[]): Generator<string> {
  const names = new Map<string, string>()
  for (const { port, path: at } of ports) {
    if (!port.name) continue
    const other = names.get(port.name)
    if (other === undefined) names.set(port.name, at)
    else
      yield `${at}: duplicate port name ${JSON.stringify(port.name)} with ${other}, services and probes that select ports by name will use ${other}`
  }
}

export function* portWarnings(spec: PodSpec, path: string): Generator<string> {
  const ports = placedPorts(spec, path)
  yield* definitionWarnings(ports)
  yield* nameWarnings(ports)
}
