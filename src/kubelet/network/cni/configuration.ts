/** Network configurations of CNI plugins as administrators leave them in a directory, by https://www.cni.dev/docs/spec/. */
import { readdir, readFile } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { type IpFamily, isCidrOfFamily } from '../../../machinery/ip-family.js'
import { RuntimeError } from '../../runtime/runtime.js'

/** What one plugin is told; keys beyond these are its own. */
export interface PluginConfiguration {
  /** Name of its program. */
  type: string
  capabilities?: Readonly<Record<string, boolean>>
  ipam?: { type?: string; subnet?: string; ranges?: { subnet?: string }[][] }
  [key: string]: unknown
}

export interface NetworkConfiguration {
  name: string
  cniVersion: string
  disableCheck: boolean
  /** In the order in which they add a sandbox. */
  plugins: readonly PluginConfiguration[]
}

/** Newest last. */
const knownVersions = ['0.1.0', '0.2.0', '0.3.0', '0.3.1', '0.4.0', '1.0.0', '1.1.0'] as const
/** What a configuration without a version is. */
const oldestVersion = '0.1.0'

/** Whether a version is another or newer. */
export const isFrom = (version: string, since: (typeof knownVersions)[number]): boolean =>
  knownVersions.indexOf(version as typeof since) >= knownVersions.indexOf(since)

const refuse = (file: string, why: string) => new RuntimeError('other', `network configuration ${file}: ${why}`)

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The newest of `cniVersions` that we speak; else `cniVersion`. */
function versionOf(file: string, { cniVersion = oldestVersion, cniVersions }: Record<string, unknown>): string {
  const offered = Array.isArray(cniVersions) ? [cniVersion, ...cniVersions] : [cniVersion]
  const best = knownVersions.filter(version => offered.includes(version)).at(-1)
  if (!best)
    throw refuse(file, `its version is ${offered.join(', ')}; known are ${knownVersions[0]} to ${knownVersions.at(-1)}`)
  return best
}

function pluginOf(file: string, plugin: unknown): PluginConfiguration {
  if (!isObject(plugin) || typeof plugin.type !== 'string' || !plugin.type) throw refuse(file, 'a plugin has no type')
  // The type names a program in the directory of plugins, not a way out of it.
  if (plugin.type.includes('/')) throw refuse(file, `the type ${plugin.type} of a plugin is a path`)
  return plugin as PluginConfiguration
}

/** A list of plugins, or a plugin alone. Throws RuntimeError that says what is wrong. */
export function parseConfiguration(file: string, text: string): NetworkConfiguration {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw refuse(file, (error as Error).message)
  }
  if (!isObject(document)) throw refuse(file, 'it is no object')
  const { name, plugins, disableCheck } = document
  if (typeof name !== 'string' || !/^[a-zA-Z0-9][\w.-]*$/.test(name)) throw refuse(file, 'it has no valid name')
  const isList = extname(file) === '.conflist'
  if (isList && !(Array.isArray(plugins) && plugins.length > 0)) throw refuse(file, 'it has no plugins')
  const list = isList ? (plugins as unknown[]) : [document]
  return {
    name,
    cniVersion: versionOf(file, document),
    disableCheck: disableCheck === true || disableCheck === 'true',
    plugins: list.map(plugin => pluginOf(file, plugin)),
  }
}

const extensions = ['.conflist', '.conf', '.json']

/** The first by name that can be used, as containerd chooses. Rejects where there is none, with what is wrong with the others. */
export async function readConfiguration(directory: string): Promise<NetworkConfiguration> {
  const names = await readdir(directory).catch(error => {
    throw new RuntimeError('other', `cannot read the network configurations: ${(error as Error).message}`)
  })
  const complaints: string[] = []
  for (const name of names.filter(one => extensions.includes(extname(one))).sort()) {
    const file = join(directory, name)
    try {
      return parseConfiguration(file, await readFile(file, 'utf8'))
    } catch (error) {
      complaints.push((error as Error).message)
    }
  }
  throw new RuntimeError('other', complaints.join('; ') || `there is no network configuration in ${directory}`)
}

/** CIDR of the addresses that it gives out, where it says so itself. */
export function subnetOf({ plugins }: NetworkConfiguration, family: IpFamily): string | undefined {
  const given = plugins.flatMap(({ ipam }) => [ipam?.subnet, ...(ipam?.ranges ?? []).map(([range]) => range?.subnet)])
  return given.find(subnet => subnet && isCidrOfFamily(subnet, family))
}
