/** The variables by which containers find services: `<NAME>_SERVICE_HOST` and Docker's links. Pure. */
import type { Service } from '../../apis/generated/core-v1.js'
import { joinHostPort } from '../../machinery/host-port.js'

const variableName = (name: string) => name.replaceAll('-', '_').toUpperCase()
const hasAddress = ({ spec }: Service) => Boolean(spec?.clusterIP) && spec!.clusterIP !== 'None'

function variablesOf({ metadata, spec }: Service): [string, string][] {
  const name = variableName(metadata.name ?? '')
  const host = spec!.clusterIP!
  const ports = spec!.ports ?? []
  const variables: [string, string][] = [
    [`${name}_SERVICE_HOST`, host],
    [`${name}_SERVICE_PORT`, String(ports[0]?.port)],
  ]
  for (const port of ports)
    if (port.name) variables.push([`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port)])
  for (const [index, { port, protocol = 'TCP' }] of ports.entries()) {
    const scheme = protocol.toLowerCase()
    const address = `${scheme}://${joinHostPort(host, port)}`
    const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`
    if (index === 0) variables.push([`${name}_PORT`, address])
    variables.push(
      [prefix, address],
      [`${prefix}_PROTO`, scheme],
      [`${prefix}_PORT`, String(port)],
      [`${prefix}_ADDR`, host],
    )
  }
  return variables
}

/** `default/kubernetes` is always told, the others of the namespace only with `links` (`enableServiceLinks`). */
export function serviceVariables(services: Iterable<Service>, namespace: string, links: boolean): Map<string, string> {
  const chosen = new Map<string, Service>()
  for (const service of services) {
    const { name = '', namespace: home } = service.metadata
    if (!hasAddress(service)) continue
    const master = home === 'default' && name === 'kubernetes'
    if (master ? !chosen.has(name) : home === namespace && links) chosen.set(name, service)
  }
  return new Map([...chosen.values()].flatMap(variablesOf))
}
