/** The flags by which kube-controller-manager is told what networks nodes are given. */
import type { NodeCidrOptions } from '../controllers/node-ipam/cidr-ledger.js'
import { formatCidr, parseCidr } from '../machinery/ip.js'
import { type Flag, UsageError } from './flags.js'

export const nodeCidrFlags = {
  'allocate-node-cidrs': { value: 'true|false', help: 'give each node a network for its pods', default: 'false' },
  'cluster-cidr': { value: 'CIDR[,CIDR]', help: 'what those are parts of: a range of one family, or one of each' },
  'service-cluster-ip-range': { value: 'CIDR[,CIDR]', help: 'what of it services have' },
  'node-cidr-mask-size': { value: 'N', help: 'bits of such a network', default: '24; 64 of IPv6' },
  'node-cidr-mask-size-ipv4': { value: 'N', help: 'the same, where there are both families', default: '24' },
  'node-cidr-mask-size-ipv6': { value: 'N', help: 'the same', default: '64' },
} as const satisfies Record<string, Flag>

type Values = { [K in keyof typeof nodeCidrFlags]?: string | undefined }

const usualBits = { 4: 24, 6: 64 } as const

function bitsOf(flag: keyof typeof nodeCidrFlags, values: Values): number | undefined {
  const text = values[flag]
  if (text === undefined) return undefined
  if (!/^\d{1,3}$/.test(text)) throw new UsageError(`--${flag} must be a number of bits, not "${text}"`)
  return Number(text)
}

const both = 'node-cidr-mask-size'
const ofFamily = { 4: 'node-cidr-mask-size-ipv4', 6: 'node-cidr-mask-size-ipv6' } as const

/** Upstream's words for flags that do not go together. */
function checkSizes(families: readonly (4 | 6)[], values: Values): void {
  const isGiven = (flag: keyof typeof nodeCidrFlags) => values[flag] !== undefined
  const other = families[0] === 4 ? 6 : 4
  if (families.length > 1) {
    if (isGiven(both)) throw new UsageError(`usage of --${both} is not allowed with dual-stack clusters`)
  } else if (isGiven(both)) {
    if (isGiven(ofFamily[4]) || isGiven(ofFamily[6]))
      throw new UsageError(
        `usage of --${ofFamily[4]} and --${ofFamily[6]} is not allowed if --${both} is set. For dual-stack clusters please unset it and use IPFamily specific flags`,
      )
  } else if (isGiven(ofFamily[other]))
    throw new UsageError(`usage of --${ofFamily[other]} is not allowed for a single-stack IPv${families[0]} cluster`)
}

/** Undefined where nodes are given nothing. Throws UsageError. */
export function readNodeCidrFlags(values: Values): NodeCidrOptions | undefined {
  if (values['allocate-node-cidrs'] !== 'true') return undefined
  const ranges = (values['cluster-cidr'] ?? '').split(',').filter(Boolean)
  if (ranges.length === 0) throw new UsageError('Must specify --cluster-cidr if --allocate-node-cidrs is set')
  const cidrs = ranges.map(text => {
    const cidr = parseCidr(text.trim())
    if (!cidr) throw new UsageError(`--cluster-cidr: "${text}" is no CIDR`)
    return cidr
  })
  const families = cidrs.map(({ ip }) => ip.family)
  if (new Set(families).size !== cidrs.length) throw new UsageError('--cluster-cidr may have one range of each family')
  checkSizes(families, values)
  const clusterCidrs = cidrs.map(cidr => {
    const { family } = cidr.ip
    const nodeMaskSize = bitsOf(both, values) ?? bitsOf(ofFamily[family], values) ?? usualBits[family]
    if (nodeMaskSize < cidr.prefixLength || nodeMaskSize > cidr.ip.bytes.length * 8)
      throw new UsageError(`--cluster-cidr ${formatCidr(cidr)} has no parts of ${nodeMaskSize} bits`)
    return { clusterCidr: formatCidr(cidr), nodeMaskSize }
  })
  return { clusterCidrs, serviceCidrs: (values['service-cluster-ip-range'] ?? '').split(',').filter(Boolean) }
}
