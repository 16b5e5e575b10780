/** The address of a node, and whether its kubelet is meant or another port of the machine. */
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest, StatusError } from '../../machinery/status-error.js'
import type { Rest } from '../../registry/rest.js'
import { type Location, parseRequested, requireReachable } from './location.js'

interface Node extends AnyObject {
  status?: {
    addresses?: { type: string; address: string }[]
    daemonEndpoints?: { kubeletEndpoint?: { Port?: number } }
  }
}

export interface NodeLocation {
  node: string
  location: Location
  isKubelet: boolean
}

/** kubeadm's order of preference: names of nodes need not resolve. */
const addressTypes = ['InternalIP', 'ExternalIP']
const defaultKubeletPort = 10250

/** Throws 400 for a name that cannot be read and for an address that may not be reached, 404 without the node. */
export async function locateNode(nodes: Rest, id: string): Promise<NodeLocation> {
  const { name, scheme, port } = parseRequested(id, 'node')
  const { status } = (await nodes.get({ name })).object as Node
  const addresses = status?.addresses ?? []
  const [found] = addressTypes.flatMap(type => addresses.filter(address => address.type === type))
  if (!found) {
    const known = addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ')
    throw new StatusError(500, '', `no preferred addresses found; known addresses: [${known}]`)
  }
  requireReachable(found.address)
  if (port && !/^\d+$/.test(port)) throw badRequest(`invalid node request ${JSON.stringify(id)}`)
  const kubeletPort = status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultKubeletPort
  const isKubelet = !port || Number(port) === kubeletPort
  const location: Location = isKubelet
    ? { scheme: 'https', host: found.address, port: kubeletPort }
    : { scheme: scheme || 'http', host: found.address, port: Number(port) }
  return { node: name, location, isKubelet }
}
