/** The cluster's rules in the packet filter: set by a program of this machine, run as ourselves or, where we are not root, in a container. */
import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { PodNetwork } from '../../kubelet/network/network-manager.js'
import type { IpFamily } from '../../machinery/ip-family.js'
import type { ProgramPlace } from '../../network/packet-filter/rule-table.js'
import type { RunProgram } from '../../network/run-program.js'
import type { Logger } from '../../telemetry/logger.js'
import type { Configuration } from '../configuration.js'
import { loadIptables, openIptables, openNftables, type TableRules, tableOf } from './rule-programs.js'
import type { RuntimeSource } from './runtimes.js'

/** What carries traffic in the kernel. */
export interface KernelRules extends TableRules {
  /** Runs programs that want the same rights. */
  run: RunProgram
  /** For the user. */
  notice?: string
  /** Takes the rules away. */
  stop(): Promise<void>
}

const containerNotice =
  'Not root: rules for services are set by a container (NET_ADMIN, network of the host), as whoever may use Docker can.\n' +
  'With --service-proxy userspace nothing is set: then cluster IPs and cluster DNS do not work, and node ports answer on 127.0.0.1 only.'

/** Says that there may be rules of iptables: they are looked for only then. */
const markerOf = (dataDir: string) => join(dataDir, 'iptables')

type Mode = 'nftables' | 'iptables'
const modes: readonly Mode[] = ['nftables', 'iptables']
const families: readonly IpFamily[] = ['IPv4', 'IPv6']

interface Place extends ProgramPlace {
  mode: Mode
  notice?: string
  stop(): Promise<void>
}

const tools = {
  nftables: () => import('../../network/packet-filter/nft.js').then(({ nftWorks }) => nftWorks),
  iptables: () => import('../../network/packet-filter/iptables.js').then(({ iptablesWorks }) => iptablesWorks),
}

/** What removes the rules when this process is gone. */
async function removalCommand(mode: Mode, cluster: string): Promise<string> {
  if (mode === 'nftables')
    return ['ip', 'ip6']
      .map(ip => `nft 'add table ${ip} ${tableOf(cluster)}; delete table ${ip} ${tableOf(cluster)}'`)
      .join('; ')
  const [{ removalScript }, { chainPrefix }] = await loadIptables()
  return families.map(family => removalScript(chainPrefix(cluster), family)).join('; ')
}

/** Where the mode's programs work; undefined when nowhere. */
async function findPlace(mode: Mode, cluster: string, { asRoot }: RuntimeSource): Promise<Place | undefined> {
  const works = await tools[mode]()
  const { here } = await import('../../network/packet-filter/rule-table.js')
  if (await works(here)) return { ...here, mode, stop: async () => {} }
  if (!asRoot || process.getuid?.() === 0) return undefined
  const { directory, run, stop } = asRoot(await removalCommand(mode, cluster))
  if (await works({ run, directory })) return { run, directory, mode, stop, notice: containerNotice }
  await stop()
  return undefined
}

/** The first of the modes that works here. */
async function choose({ serviceProxy }: Configuration, cluster: string, runtimes: RuntimeSource) {
  for (const mode of modes) {
    if (serviceProxy !== 'auto' && serviceProxy !== mode) continue
    const place = await findPlace(mode, cluster, runtimes)
    if (place) return place
    if (serviceProxy === 'auto') continue
    const program = mode === 'nftables' ? 'nft' : 'iptables'
    throw new Error(`--service-proxy ${mode} wants Linux, the ${program} program, and root or Docker`)
  }
  return undefined
}

/** Undefined: nothing of ours goes into the packet filter. Rejects where it was asked for and cannot be. */
export async function openKernelRules(
  config: Configuration,
  { cluster, runtimes, network }: { cluster: string; runtimes: RuntimeSource; network: PodNetwork },
  parent: Logger,
): Promise<KernelRules | undefined> {
  const log = parent.child({ component: 'packet-filter' })
  const place = await choose(config, cluster, runtimes)
  if (place?.mode !== 'nftables') await removeNftables(cluster)
  const marker = markerOf(config.dataDir)
  if (place?.mode === 'iptables') await writeFile(marker, '')
  else await removeIptables(config.dataDir, cluster)
  if (!place) return undefined
  const open = place.mode === 'nftables' ? openNftables : openIptables
  const { remove, ...rules } = await open({ place, cluster, log, network })
  return {
    ...rules,
    run: place.run,
    ...(place.notice && { notice: place.notice }),
    async stop() {
      await remove()
      await place.stop()
      await rm(marker, { force: true })
    },
  }
}

async function removeNftables(cluster: string): Promise<void> {
  const [{ newNft, nftWorks }, { here }] = await Promise.all([
    import('../../network/packet-filter/nft.js'),
    import('../../network/packet-filter/rule-table.js'),
  ])
  if (!(await nftWorks(here))) return
  await newNft(here).remove(tableOf(cluster))
  // Kernels without IPv6 have no such tables.
  await newNft(here, 'IPv6')
    .remove(tableOf(cluster))
    .catch(() => {})
}

async function removeIptables(dataDir: string, cluster: string): Promise<void> {
  if (!existsSync(markerOf(dataDir))) return
  const [{ newIptables, iptablesWorks }, { chainPrefix }] = await loadIptables()
  const { here } = await import('../../network/packet-filter/rule-table.js')
  for (const family of families)
    if (await iptablesWorks(here, family)) await newIptables(here, { family, bridges: [] }).remove(chainPrefix(cluster))
  await rm(markerOf(dataDir), { force: true })
}

/** Removes what a process that ended may have left. */
export async function removeKernelRules(dataDir: string, cluster: string): Promise<void> {
  await removeNftables(cluster)
  await removeIptables(dataDir, cluster)
}
