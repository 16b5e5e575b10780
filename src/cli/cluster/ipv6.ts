/** Second addresses of pods, of IPv6: where the services have a range of that family. */
import { createHash } from 'node:crypto'
import { readIpv6Addresses } from '../../kubelet/network/ipv6-addresses.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'

/** Of the addresses that anybody may choose for himself (RFC 4193): 40 bits at random, so that clusters and their machines differ. */
function podBlockOf(cluster: string): string {
  const hex = createHash('sha256').update(cluster).digest('hex')
  return `fd${hex.slice(0, 2)}:${hex.slice(2, 6)}:${hex.slice(6, 10)}::/56`
}

/** Whether this machine speaks it at all; what Docker does elsewhere is Docker's matter. */
const isSpokenHere = async () => process.platform !== 'linux' || (await readIpv6Addresses()).length > 0

/** CIDR of them, once the machine passes on such packets; undefined where there are to be none. */
export async function openIpv6(
  { serviceSubnet, dataDir }: Pick<Configuration, 'serviceSubnet' | 'dataDir'>,
  cluster: string,
  log: Logger,
): Promise<string | undefined> {
  if (!serviceSubnet.includes(',')) return undefined
  if (!(await isSpokenHere())) {
    log.warn({}, 'This machine has no IPv6: pods have IPv4 addresses only, and IPv6 addresses of services lead nowhere')
    return undefined
  }
  const { openIpv6Forwarding } = await import('../../kubelet/network/ipv6-forwarding.js')
  await openIpv6Forwarding(dataDir).catch(error =>
    log.debug({ error: String(error) }, 'IPv6 packets are not forwarded by our doing; Docker may see to it'),
  )
  return podBlockOf(cluster)
}
