/** How the addresses of pods are divided among nodes, as the flags say it or as fits the numbers of nodes and pods. */
import { isControllerChosen } from '../../controllers/catalogue.js'
import type { NodeCidrOptions } from '../../controllers/node-ipam/cidr-ledger.js'
import { largestPart } from '../../kubelet/network/bridge/address-block.js'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import type { PodAddressing } from '../../kubelet/network/pod-addressing.js'
import { formatCidr, parseCidr } from '../../machinery/ip.js'
import { isCidrOfFamily } from '../../machinery/ip-family.js'
import type { Configuration } from '../configuration.js'
import { UserError } from '../user-error.js'

type AddressSettings = Pick<
  Configuration,
  'clusterCidr' | 'allocateNodeCidrs' | 'nodeCidrMaskSize' | 'controllers' | 'nodes' | 'kubelet'
>

const usualPods = 110
/** Upstream's default. */
const usualMask = 24
/** Of a cluster: each is an interface, and a name in the rules of the packet filter. */
const mostBridges = 256
/** Of the network's addresses, those that no pod can have. */
const reserved = 3
/** Blocks are looked for in 10.244.0.0 and what follows. */
const largestBlock = 16
/** So many more may join. */
const fewestNodes = 16

/** Whether it is our controller that gives nodes networks. */
export const givesNodeCidrs = ({
  allocateNodeCidrs = true,
  controllers,
}: Pick<AddressSettings, 'allocateNodeCidrs' | 'controllers'>): boolean =>
  allocateNodeCidrs && isControllerChosen('node-ipam-controller', controllers)

/** Whether somebody gives nodes networks: our controller, or one of others that was told of the range. */
const wantsNodeCidrs = (settings: AddressSettings): boolean =>
  settings.allocateNodeCidrs ?? (givesNodeCidrs(settings) || settings.clusterCidr !== undefined)

/** Twice as many addresses as pods, as upstream's default for 110: those of pods that end are not free yet when others begin. */
function maskFor(pods: number): number {
  let mask = usualMask
  const addresses = () => 2 ** (32 - mask) - reserved * 2 ** Math.max(0, largestPart - mask)
  while (addresses() < 2 * pods && mask > largestBlock) mask--
  return mask
}

const bitsFor = (count: number) => Math.ceil(Math.log2(count))

function checkedSubnet(text: string, nodeMask: number | undefined): string {
  const cidr = parseCidr(text)
  if (cidr?.ip.family !== 4) throw new UserError(`--cluster-cidr must begin with a range of IPv4, not "${text}"`)
  if (nodeMask !== undefined && nodeMask < cidr.prefixLength)
    throw new UserError(
      `--cluster-cidr ${text} is smaller than the network of a node, /${nodeMask}: see --node-cidr-mask-size`,
    )
  const bridges = 2 ** (Math.max(nodeMask ?? 0, largestPart) - cidr.prefixLength)
  if (bridges > mostBridges)
    throw new UserError(
      `--cluster-cidr ${text} would want ${bridges} bridges, and ${mostBridges} are the most: choose a smaller range, or larger networks by --node-cidr-mask-size`,
    )
  return formatCidr(cidr)
}

/** `ipv6`: where second addresses are from, unless the flags say it; undefined where there are none. Throws UserError. */
export function podAddressingOf(settings: AddressSettings, ipv6: string | undefined): PodAddressing {
  const { clusterCidr, nodeCidrMaskSize, nodes, kubelet } = settings
  const pods = Number(kubelet?.['max-pods'] ?? usualPods)
  const nodeMask = wantsNodeCidrs(settings) ? (nodeCidrMaskSize ?? maskFor(pods)) : undefined
  const [first, second] = clusterCidr?.split(',') ?? []
  if (second !== undefined && !isCidrOfFamily(second, 'IPv6'))
    throw new UserError(`--cluster-cidr must be a range of IPv4, or that and one of IPv6, not "${clusterCidr}"`)
  const room = bitsFor(Math.max(fewestNodes, 2 * nodes))
  return {
    ...(first && { subnet: checkedSubnet(first, nodeMask) }),
    prefix: Math.max(largestBlock, (nodeMask ?? usualMask) - room),
    ...(nodeMask !== undefined && { nodeMask }),
    ...(ipv6 && { ipv6: second ?? ipv6 }),
  }
}

/** Throws UserError where the flags want what plugins decide. */
export function checkWithPlugins({ clusterCidr, allocateNodeCidrs }: AddressSettings): void {
  const flag = clusterCidr ? '--cluster-cidr' : allocateNodeCidrs ? '--allocate-node-cidrs' : undefined
  if (flag) throw new UserError(`${flag}: with CNI plugins, their configuration says where pods have their addresses`)
}

/** Pods that are there keep their addresses. Throws UserError where the flags want others. */
export function checkAddresses({ clusterCidr }: AddressSettings, { subnet }: PodNetwork): void {
  const wanted = clusterCidr && parseCidr(clusterCidr.split(',')[0]!)
  if (wanted && formatCidr(wanted) !== subnet)
    throw new UserError(
      `the pods of this cluster are in ${subnet}, not in ${clusterCidr}: \`minik8s down\` removes them`,
    )
}

/** What our controller is to give; undefined for nothing. */
export function nodeCidrsOf(
  { allocateNodeCidrs, controllers, serviceSubnet }: AddressSettings & Pick<Configuration, 'serviceSubnet'>,
  network: PodNetwork | undefined,
): NodeCidrOptions | undefined {
  if (!network?.nodeRanges || !givesNodeCidrs({ allocateNodeCidrs, controllers })) return undefined
  return { clusterCidrs: network.nodeRanges, serviceCidrs: serviceSubnet.split(',') }
}
