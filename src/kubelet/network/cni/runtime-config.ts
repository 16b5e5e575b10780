/** What plugins are told of a pod beyond their configuration, where they say that they take it. By CNI's CONVENTIONS.md. Pure. */
import type { Bandwidth, PortMapping } from '../../runtime/types.js'
import type { SandboxToPlug } from '../network-manager.js'
import type { NetworkConfiguration, PluginConfiguration } from './configuration.js'
import { type PluginResult, takesPreviousResult } from './result.js'

export type PodSettings = Pick<SandboxToPlug, 'portMappings' | 'bandwidth'>

/** As containerd has it: as good as no limit, where plugins want one. */
const burstBits = 2 ** 31 - 1

const portsOf = (mappings: readonly PortMapping[]) =>
  mappings.map(({ hostPort, containerPort, protocol, hostIP }) => ({
    hostPort,
    containerPort,
    protocol: protocol.toLowerCase(),
    ...(hostIP && { hostIP }),
  }))

const ratesOf = ({ ingress, egress }: Bandwidth) => ({
  ...(ingress && { ingressRate: ingress, ingressBurst: burstBits }),
  ...(egress && { egressRate: egress, egressBurst: burstBits }),
})

function runtimeConfigOf({ capabilities = {} }: PluginConfiguration, { portMappings, bandwidth }: PodSettings) {
  const settings = {
    ...(capabilities.portMappings && portMappings.length > 0 && { portMappings: portsOf(portMappings) }),
    ...(capabilities.bandwidth && bandwidth && { bandwidth: ratesOf(bandwidth) }),
  }
  return Object.keys(settings).length > 0 ? { runtimeConfig: settings } : {}
}

/** What a plugin reads; `previous` is what the one before answered or, of checks and deletions, what the last one did. */
export function inputOf(
  { name, cniVersion }: NetworkConfiguration,
  plugin: PluginConfiguration,
  { settings, previous }: { settings: PodSettings; previous: PluginResult | undefined },
): object {
  const { capabilities: _, ...own } = plugin
  return { ...own, name, cniVersion, ...runtimeConfigOf(plugin, settings), ...(previous && { prevResult: previous }) }
}

/** As `inputOf`, for what is not ADD. */
export const laterInputOf = (
  network: NetworkConfiguration,
  plugin: PluginConfiguration,
  { settings, previous }: { settings: PodSettings; previous: PluginResult | undefined },
): object =>
  inputOf(network, plugin, { settings, previous: takesPreviousResult(network.cniVersion) ? previous : undefined })
