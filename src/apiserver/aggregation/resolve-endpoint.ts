/** An address behind a service, from its EndpointSlices: upstream's `--enable-aggregator-routing`. */
import type { Endpoint as SliceEndpoint } from '../../apis/generated/discovery-v1.js'
import type { Random } from '../../machinery/clock.js'
import { serviceUnavailable } from '../../machinery/status-error.js'
import type { Backend } from '../api-service-availability.js'
import type { ServiceAddress } from './remote-service.js'

export interface Endpoint {
  host: string
  port: number
}

const isReady = ({ conditions }: SliceEndpoint) => conditions?.ready !== false

/** Begins anywhere and goes round. */
function anyOf<T>(list: readonly T[], matches: (item: T) => boolean, random: Random): T | undefined {
  const start = Math.floor(random.next() * list.length)
  return [...list.slice(start), ...list.slice(0, start)].find(matches)
}

/** A ready endpoint, or what an ExternalName says. Throws with upstream's message where there is none. */
export function resolveEndpoint({ service, slices }: Backend, address: ServiceAddress, random: Random): Endpoint {
  const { name, port } = address
  if (!service) throw new Error(`service ${JSON.stringify(name)} not found`)
  const { type = 'ClusterIP', externalName = '', ports = [] } = service.spec ?? {}
  if (type === 'ExternalName') return { host: externalName, port }
  const servicePort = ports.find(candidate => candidate.port === port)
  if (!servicePort) throw serviceUnavailable(`no service port ${port} found for service ${JSON.stringify(name)}`)
  for (const slice of slices) {
    const found = slice.ports?.find(candidate => (candidate.name ?? '') === (servicePort.name ?? '') && candidate.port)
    const endpoint = found && anyOf(slice.endpoints ?? [], isReady, random)
    const host = endpoint?.addresses[0]
    if (host) return { host, port: found!.port! }
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
}
