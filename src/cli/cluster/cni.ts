/** CNI plugins that plug in the pods of a cluster: the choice is kept in its data directory for as long as there may be any. */
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NetworkManager } from '../../kubelet/network/network-manager.js'
import type { Configuration } from '../configuration.js'
import type { Owner } from '../instance.js'
import { systemClock as clock } from '../system.js'
import { UserError } from '../user-error.js'
import { readRuntimeChoice } from './runtime-choice.js'

export interface CniPlaces {
  /** Directory of configurations. */
  configurations: string
  /** Directories of programs. */
  programs: readonly string[]
}

/** Ample: plugins may wait for others. */
const longestCallMs = 60_000

const choiceFile = (dataDir: string) => join(dataDir, 'cni-plugins.json')

/** Undefined where pods are not plugged in by plugins. */
export async function readPlugins(dataDir: string): Promise<CniPlaces | undefined> {
  const text = await readFile(choiceFile(dataDir), 'utf8').catch(() => '')
  return text ? (JSON.parse(text) as CniPlaces) : undefined
}

export const forgetPlugins = (dataDir: string): Promise<void> => rm(choiceFile(dataDir), { force: true })

const other = 'The pods of this cluster are plugged in another way than these flags say: `minik8s down` removes them.'

/** What the configuration wants. Throws UserError where that cannot be, or pods may be there that were plugged in otherwise. */
export async function choosePlugins({ dataDir, cniConfDir, cniBinDir }: Configuration): Promise<CniPlaces | undefined> {
  const wanted = cniConfDir ? { configurations: cniConfDir, programs: cniBinDir.split(',') } : undefined
  if (wanted && !(process.platform === 'linux' && process.getuid?.() === 0))
    throw new UserError('--cni-conf-dir: CNI plugins want Linux and root')
  const kept = await readPlugins(dataDir)
  const mayHavePods = (await readRuntimeChoice(dataDir)) !== undefined
  if (mayHavePods && kept?.configurations !== wanted?.configurations) throw new UserError(other)
  if (wanted) await writeFile(choiceFile(dataDir), JSON.stringify(wanted), { mode: 0o600 })
  else await forgetPlugins(dataDir)
  return wanted
}

/** Opens the network that the plugins make. */
export const cniOpener =
  (
    { configurations, programs }: CniPlaces,
    { owner, dataDir, ipv6 }: { owner: Owner; dataDir: string; ipv6?: string | undefined },
  ) =>
  async (): Promise<NetworkManager> => {
    const [{ CniNetwork }, { newPluginRunner }, { newCniHost }] = await Promise.all([
      import('../../kubelet/network/cni/cni-network.js'),
      import('../../kubelet/network/cni/plugin.js'),
      import('../../kubelet/network/cni/host-address.js'),
    ])
    const directory = join(dataDir, 'cni')
    const path = process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'
    return CniNetwork.open({
      directory,
      configurations,
      run: newPluginRunner({ directories: programs, path, clock, timeoutMs: longestCallMs }),
      host: newCniHost({ cluster: owner.id, directory, ...(ipv6 && { ipv6 }) }),
    })
  }
