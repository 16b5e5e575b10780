/** The address of one of the ready pods behind a service, picked at random from its Endpoints. */
import type { Random } from '../../machinery/clock.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { isReason, notFound, serviceUnavailable } from '../../machinery/status-error.js'
import type { Rest } from '../../registry/rest.js'
import { type Location, parseRequested } from './location.js'

interface Service extends AnyObject {
  spec: { ports?: { name?: string; port: number }[] }
}

interface EndpointAddress {
  ip: string
  targetRef?: { namespace?: string; name?: string }
}

interface EndpointSubset {
  addresses?: EndpointAddress[]
  ports?: { name?: string; port: number }[]
}

interface Pod extends AnyObject {
  status?: { podIPs?: { ip: string }[] }
}

export interface ServiceRests {
  services: Rest
  endpoints: Rest
  pods: Rest
}

/** The list from a random place on, and round. */
function shuffled<T>(list: readonly T[], random: Random): T[] {
  const start = Math.floor(random.next() * list.length)
  return [...list.slice(start), ...list.slice(0, start)]
}

/** Endpoints name their ports as the service does; a number asked for is the service's own. */
async function portName(
  { services }: Pick<ServiceRests, 'services'>,
  key: { namespace: string; name: string },
  port: string,
) {
  if (!/^[+-]?\d+$/.test(port)) return port
  const { spec } = (await services.get(key)).object as Service
  const found = spec.ports?.find(candidate => candidate.port === Number(port))
  if (found) return found.name ?? ''
  throw serviceUnavailable(`no service port ${Number(port)} found for service ${JSON.stringify(key.name)}`)
}

/** Only addresses of pods that have them: anybody may write Endpoints, and none may lead elsewhere through the server. */
async function isOfPod({ ip, targetRef }: EndpointAddress, namespace: string, pods: Rest): Promise<boolean> {
  if (!targetRef?.name || targetRef.namespace !== namespace) return false
  try {
    const { status } = (await pods.get({ name: targetRef.name, namespace })).object as Pod
    return status?.podIPs?.some(podIp => podIp.ip === ip) ?? false
  } catch (error) {
    if (isReason(error, 'NotFound')) return false
    throw error
  }
}

async function subsetsOf(
  { endpoints, services }: Omit<ServiceRests, 'pods'>,
  key: { namespace: string; name: string },
) {
  try {
    const { object } = await endpoints.get(key)
    return (object as AnyObject & { subsets?: EndpointSubset[] }).subsets ?? []
  } catch (error) {
    // Upstream speaks of the service.
    throw isReason(error, 'NotFound') ? notFound(services.kind, key.name) : error
  }
}

/**
 * An endpoint of a service for the server's own calls, such as those of webhooks: whoever may configure these may name any address
 * anyway. Throws 404 without service or endpoints, 503 when none is ready at that port.
 */
export async function locateEndpoint(
  rests: Omit<ServiceRests, 'pods'>,
  { namespace, name, port }: { namespace: string; name: string; port: number },
  random: Random,
): Promise<{ host: string; port: number }> {
  const key = { namespace, name }
  const wanted = await portName(rests, key, String(port))
  for (const { addresses = [], ports = [] } of shuffled(await subsetsOf(rests, key), random)) {
    const found = ports.find(candidate => (candidate.name ?? '') === wanted)
    const [address] = shuffled(addresses, random)
    if (found && address) return { host: address.ip, port: found.port }
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
}

/** Throws 400 for a name that cannot be read, 404 without service or endpoints, 503 when no pod is ready at that port. */
export async function locateService(
  rests: ServiceRests,
  { namespace, id }: { namespace: string; id: string },
  random: Random,
): Promise<Location> {
  const { name, scheme, port } = parseRequested(id, 'service')
  const key = { namespace, name }
  const wanted = await portName(rests, key, port)
  const subsets = await subsetsOf(rests, key)
  if (!subsets.length) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(name)}`)
  for (const { addresses = [], ports = [] } of shuffled(subsets, random)) {
    const found = ports.find(candidate => (candidate.name ?? '') === wanted)
    if (!found) continue
    for (const address of shuffled(addresses, random))
      if (await isOfPod(address, namespace, rests.pods))
        return { scheme: scheme || 'http', host: address.ip, port: found.port }
  }
  throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(id)}`)
}
