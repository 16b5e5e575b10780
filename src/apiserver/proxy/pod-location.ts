/** The address of a pod: its first IP, and the port asked for or the first that it declares. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest } from '../../machinery/status-error.js'
import type { Rest } from '../../registry/rest.js'
import { type Location, parseRequested, requireReachable } from './location.js'

interface Pod extends AnyObject {
  spec: { containers: { ports?: { containerPort: number }[] }[] }
  status?: { podIPs?: { ip: string }[] }
}

/** Throws 400 for a name that cannot be read and for a pod without an address that may be reached, 404 without the pod. */
export async function locatePod(pods: Rest, namespace: string, id: string): Promise<Location> {
  const { name, scheme, port } = parseRequested(id, 'pod')
  const { spec, status } = (await pods.get({ name, namespace })).object as Pod
  const host = status?.podIPs?.[0]?.ip ?? ''
  requireReachable(host)
  // Upstream drops the connection at a port that is no number.
  if (port && !/^\d+$/.test(port)) throw badRequest(`invalid pod request ${JSON.stringify(id)}`)
  const declared = spec.containers.find(({ ports }) => ports?.length)?.ports?.[0]?.containerPort
  const wanted = port ? Number(port) : declared
  return { scheme: scheme || 'http', host, ...(wanted !== undefined && { port: wanted }) }
}
