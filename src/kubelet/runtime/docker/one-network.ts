/** A network in Docker: made, read, removed. */
import type Docker from 'dockerode'
import { type IpFamily, isCidrOfFamily } from '../../../machinery/ip-family.js'
import type { BlockPart } from '../../network/bridge/address-block.js'
import { isRuntimeError, RuntimeError } from '../runtime.js'
import { asking, askingOnce, toRuntimeError } from './errors.js'
import { labelNames } from './labels.js'

interface OneRange {
  subnet: string
  gateway: string
}

export interface OneNetwork extends OneRange {
  name: string
  bridge: string
  ipv6?: OneRange
  labels: Readonly<Record<string, string>>
  containers: string[]
}

/** Undefined: there is none. */
export async function readNetwork(docker: Docker, name: string): Promise<OneNetwork | undefined> {
  try {
    const { Id, IPAM, Options, Containers, Labels } = await docker.getNetwork(name).inspect()
    const rangeOf = (family: IpFamily): OneRange | undefined => {
      const ipam = IPAM?.Config?.find(({ Subnet = '' }) => isCidrOfFamily(Subnet, family))
      return ipam && { subnet: ipam.Subnet ?? '', gateway: ipam.Gateway ?? '' }
    }
    const ipv6 = rangeOf('IPv6')
    return {
      name,
      bridge: Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
      ...(rangeOf('IPv4') ?? { subnet: '', gateway: '' }),
      ...(ipv6 && { ipv6 }),
      labels: Labels ?? {},
      // Endpoints without a container have a name instead of its id.
      containers: Object.keys(Containers ?? {}).filter(id => /^[0-9a-f]{64}$/.test(id)),
    }
  } catch (error) {
    const failure = toRuntimeError(error)
    if (failure.kind === 'not-found') return undefined
    throw failure
  }
}

interface NewNetwork {
  cluster: string
  name: string
  /** Absent: Docker chooses. */
  part?: BlockPart
  ipv6?: OneRange | undefined
  bridge?: string
  labels?: Readonly<Record<string, string>>
}

/** Of API 1.48 (Docker 28) on, a packet that comes to a container from another network is dropped before any rule of the filter is asked. */
const firstUnprotectedApi = [1, 48] as const

/**
 * Pods reach each other across networks (`passage`), and whoever routes to this machine reaches them, as on any node: `nat-unprotected` is
 * what that Docker calls the way of those before it, which know no such word.
 */
async function gatewayModes(docker: Docker): Promise<Readonly<Record<string, string>>> {
  const { ApiVersion } = await asking(docker.version())
  const [major = 0, minor = 0] = ApiVersion.split('.').map(Number)
  const isNew = major > firstUnprotectedApi[0] || (major === firstUnprotectedApi[0] && minor >= firstUnprotectedApi[1])
  const mode = 'nat-unprotected'
  return isNew
    ? { 'com.docker.network.bridge.gateway_mode_ipv4': mode, 'com.docker.network.bridge.gateway_mode_ipv6': mode }
    : {}
}

/** One of that name that is there already is taken as it is. */
export async function makeNetwork(
  docker: Docker,
  { cluster, name, part, ipv6, bridge, labels }: NewNetwork,
): Promise<OneNetwork> {
  const ranges = [part, ipv6].flatMap(range => (range ? [{ Subnet: range.subnet, Gateway: range.gateway }] : []))
  const create = docker.createNetwork({
    Name: name,
    Driver: 'bridge',
    CheckDuplicate: true,
    Labels: { [labelNames.cluster]: cluster, ...labels },
    Options: { ...(await gatewayModes(docker)), ...(bridge && { 'com.docker.network.bridge.name': bridge }) },
    ...(ipv6 && { EnableIPv6: true }),
    ...(ranges.length > 0 && { IPAM: { Driver: 'default', Config: ranges } }),
  })
  await asking(create).catch(error => {
    // Another node's process was faster.
    if (!isRuntimeError(error, 'conflict')) throw error
  })
  const made = await readNetwork(docker, name)
  if (!made) throw new RuntimeError('other', `Docker did not keep the network ${name}`)
  return made
}

/** A container whose removal was under way already may still be plugged in: it is unplugged then. */
export async function removeNetwork(network: Docker.Network): Promise<void> {
  const { Containers = {} } = await asking(network.inspect())
  const unplug = (id: string) => askingOnce(network.disconnect({ Container: id, Force: true }))
  await Promise.all(Object.keys(Containers).map(unplug))
  await askingOnce(network.remove())
}
