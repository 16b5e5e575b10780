/** The cluster's table of the packet filter: set by a program of this machine, run as ourselves or, where we are not root, in a container. */
import type { ProgramPlace } from '../../network/packet-filter/nft.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import { systemClock as clock } from '../system.js'
import type { RuntimeSource } from './runtimes.js'
import { type KernelRules, tableOf } from './service-traffic.js'

export interface OpenRules extends KernelRules {
  /** For the user. */
  notice?: string
  /** Takes the table away. */
  stop(): Promise<void>
}

const containerNotice =
  'Not root: rules for services are set by a container (NET_ADMIN, network of the host), as whoever may use Docker can.\n' +
  'With --service-proxy userspace nothing is set: then cluster IPs and cluster DNS do not work, and node ports answer on 127.0.0.1 only.'

interface Place extends ProgramPlace {
  notice?: string
  stop(): Promise<void>
}

/** Where nft works; undefined when nowhere. */
async function findPlace(cluster: string, { asRoot }: RuntimeSource): Promise<Place | undefined> {
  const { here, nftWorks } = await import('../../network/packet-filter/nft.js')
  if (await nftWorks(here)) return { ...here, stop: async () => {} }
  if (!asRoot || process.getuid?.() === 0) return undefined
  const table = tableOf(cluster)
  const { directory, run, stop } = asRoot(`nft 'add table ip ${table}; delete table ip ${table}'`)
  if (await nftWorks({ run, directory })) return { run, directory, stop, notice: containerNotice }
  await stop()
  return undefined
}

/** Undefined: nothing of ours goes into the packet filter. Rejects where it was asked for and cannot be. */
export async function openKernelRules(
  { serviceProxy }: Configuration,
  { cluster, runtimes }: { cluster: string; runtimes: RuntimeSource },
  log: Logger,
): Promise<OpenRules | undefined> {
  if (serviceProxy !== 'auto' && serviceProxy !== 'nftables') return undefined
  const place = await findPlace(cluster, runtimes)
  if (!place && serviceProxy === 'auto') return undefined
  if (!place) throw new Error('--service-proxy nftables wants Linux, the nft program, and root or Docker')
  const [{ newNft }, { startTableKeeper }] = await Promise.all([
    import('../../network/packet-filter/nft.js'),
    import('../../network/packet-filter/table-keeper.js'),
  ])
  const deps = { filter: newNft(place), clock, log: log.child({ component: 'packet-filter' }) }
  const table = startTableKeeper(deps, tableOf(cluster))
  return {
    table,
    run: place.run,
    ...(place.notice && { notice: place.notice }),
    async stop() {
      await table.stop()
      await place.stop()
    },
  }
}
