/** Host name and /etc/hosts of a pod, as upstream's kubelet writes them. Pure. */
import type { HostAlias, Pod } from '../../apis/generated/core-v1.js'

const longestHostname = 63

export interface PodHostname {
  hostname: string
  /** What follows the host name in its full form; `''` without a subdomain. */
  domain: string
}

/** The pod's name is cut where it is no host name. */
export function podHostname({ metadata, spec }: Pod, clusterDomain: string): PodHostname {
  if (spec.hostnameOverride) return { hostname: spec.hostnameOverride, domain: '' }
  const name = spec.hostname || (metadata.name ?? '')
  const hostname = name.length > longestHostname ? name.slice(0, longestHostname).replace(/[-.]+$/, '') : name
  const domain = spec.subdomain ? `${spec.subdomain}.${metadata.namespace}.svc.${clusterDomain}` : ''
  return { hostname, domain }
}

/** What the kernel is told: the full name where the pod asks for it. */
export function kernelHostname(pod: Pod, clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain)
  return pod.spec.setHostnameAsFQDN && domain ? `${hostname}.${domain}` : hostname
}

function aliasLines(aliases: readonly HostAlias[] = []): string {
  if (aliases.length === 0) return ''
  const lines = aliases.map(({ ip, hostnames = [] }) => `${ip}\t${hostnames.join('\t')}\n`)
  return `\n# Entries added by HostAliases.\n${lines.join('')}`
}

const loopback = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`

/** `addresses` are the pod's; none are known before its sandbox runs. */
export function hostsFile(pod: Pod, addresses: readonly string[], clusterDomain: string): string {
  const { hostname, domain } = podHostname(pod, clusterDomain)
  const names = domain ? `${hostname}.${domain}\t${hostname}` : hostname
  const own = addresses.map(address => `${address}\t${names}\n`).join('')
  return `# Kubernetes-managed hosts file.\n${loopback}${own}${aliasLines(pod.spec.hostAliases)}`
}

/** For a pod on the host's network: the node's own file, and the pod's aliases. */
export const hostNetworkHostsFile = (pod: Pod, nodeFile: string): string =>
  `# Kubernetes-managed hosts file (host network).\n${nodeFile}${aliasLines(pod.spec.hostAliases)}`
