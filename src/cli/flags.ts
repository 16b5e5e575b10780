/** The flags of every command as data: parsing, help and the configuration are derived from this table. */
import { parseArgs } from 'node:util'
import { apiServerFlags } from './api-server-flags.js'
import { kubeletFlags } from './kubelet-flags.js'

export interface Flag {
  /** Shown in help after the name; absent for a switch. */
  value?: string
  short?: string
  help: string
  /** Shown in help; the configuration holds the real default. */
  default?: string
}

/** A mistake in what the user typed or wrote: printed without a stack, exit code 2. */
export class UsageError extends Error {}

export const upFlags = {
  'data-dir': { value: 'DIR', help: 'where keys, objects, logs and volumes are kept', default: '.minik8s' },
  storage: {
    value: 'WHERE',
    help: 'what keeps objects: file, in the data directory, or etcd://HOST:PORT,…[/PREFIX], which several API servers can share',
    default: 'file',
  },
  'pki-dir': {
    value: 'DIR',
    help: 'keys and certificates, which all API servers of a cluster share; by default pki in the data directory',
  },
  port: { value: 'N', help: 'port of the API server', default: '6443' },
  'bind-address': { value: 'A', help: 'address the API server listens on', default: '127.0.0.1' },
  runtime: {
    value: 'auto|docker|process|sim|none',
    help: 'what runs containers: Docker, processes of this machine (Linux, root), a simulation, or no node at all; auto is Docker where a daemon answers, else processes',
    default: 'auto',
  },
  nodes: { value: 'N', help: 'number of nodes', default: '1' },
  'sim-nodes': {
    value: 'N',
    help: 'simulated nodes beside them, for pods that tolerate minik8s.dev/simulated',
    default: '0',
  },
  'sim-stages': {
    value: 'FILE',
    help: 'what simulated containers do: delays, failures, exits, logs, answers of exec (a SimulationStages file)',
  },
  controllers: {
    value: 'LIST',
    help: "controllers to run, by the names kube-controller-manager has for them: '*' is all, '-name' all but that, 'none' none",
    default: '*',
  },
  'node-monitor-grace-period': {
    value: 'DURATION',
    help: 'how long a node may be silent until it counts as lost, and its pods move',
    default: '50s',
  },
  scheduler: { value: 'true|false', help: 'whether the scheduler runs', default: 'true' },
  'scheduler-config': {
    value: 'FILE',
    help: 'how the scheduler places pods: a KubeSchedulerConfiguration (profiles, plugins and their arguments, extenders)',
  },
  'service-cluster-ip-range': {
    value: 'CIDR[,CIDR]',
    help: 'addresses of services: a range of IPv4, and one of IPv6 for pods and services of both families',
    default: '10.96.0.0/16',
  },
  'cluster-cidr': {
    value: 'CIDR[,CIDR]',
    help: 'addresses of pods; by default a range that this machine has no use for',
  },
  'allocate-node-cidrs': {
    value: 'true|false',
    help: 'whether each node is given a part of them for its pods',
    default: 'true; with CNI plugins false',
  },
  'node-cidr-mask-size': {
    value: 'N',
    help: 'bits of such a part, of IPv4',
    default: '24; fewer where --max-pods wants more addresses',
  },
  'service-proxy': {
    value: 'auto|nftables|iptables|userspace|none',
    help: 'who carries traffic to services: the kernel (Linux), this process (node ports and load balancers on localhost only), or nobody of ours',
    default: 'auto',
  },
  dns: {
    value: 'builtin|none',
    help: 'the name server of the cluster; with none, pods still ask at the address of the service kube-dns',
    default: 'builtin',
  },
  'cni-conf-dir': {
    value: 'DIR',
    help: 'plug in pods by CNI plugins, as the first configuration in DIR says (Linux, root)',
  },
  'cni-bin-dir': {
    value: 'DIR,…',
    help: 'where the programs of CNI plugins are',
    default: '/opt/cni/bin',
  },
  ingress: { value: 'builtin|none', help: 'who serves Ingresses and the routes of Gateways', default: 'builtin' },
  'ingress-http-port': {
    value: 'N',
    help: 'port of Ingresses on localhost, open while there are any; 0 is any',
    default: '80; 8080 where that is not to be had',
  },
  'ingress-https-port': {
    value: 'N',
    help: 'the same for TLS',
    default: '443; 8443 where that is not to be had',
  },
  'kubeconfig-out': { value: 'FILE', help: 'also write a self-contained kubeconfig (it holds a key: mode 0600)' },
  config: { value: 'FILE', help: 'read settings from a ClusterConfiguration (YAML or JSON); flags win over it' },
  rm: { help: 'remove the containers of pods on exit' },
  verbosity: {
    value: 'LEVEL',
    short: 'v',
    help: 'log level: error, warn, info, debug, trace, or a number from 0 to 10',
    default: 'warn',
  },
  ...apiServerFlags,
  ...kubeletFlags,
} as const satisfies Record<string, Flag>

const { storage, 'pki-dir': pkiDir, port, 'bind-address': bindAddress, 'kubeconfig-out': kubeconfigOut } = upFlags

/** Of `minik8s apiserver`. */
export const apiServerCommandFlags = {
  'data-dir': upFlags['data-dir'],
  storage,
  'pki-dir': pkiDir,
  port,
  'bind-address': bindAddress,
  'kubeconfig-out': kubeconfigOut,
  config: upFlags.config,
  verbosity: upFlags.verbosity,
  ...apiServerFlags,
} as const satisfies Record<string, Flag>

/** Of `minik8s storage`. */
export const storageFlags = {
  from: { value: 'WHERE', help: 'the store to read' },
  to: { value: 'WHERE', help: 'the store to write' },
  'data-dir': upFlags['data-dir'],
  'encryption-provider-config': apiServerFlags['encryption-provider-config'],
  'etcd-cafile': apiServerFlags['etcd-cafile'],
  'etcd-certfile': apiServerFlags['etcd-certfile'],
  'etcd-keyfile': apiServerFlags['etcd-keyfile'],
} as const satisfies Record<string, Flag>

export const dataDirFlags = { 'data-dir': upFlags['data-dir'] } as const satisfies Record<string, Flag>

type Values<T extends Record<string, Flag>> = { [K in keyof T]?: T[K] extends { value: string } ? string : boolean }

/** Parses `args` by the table. Throws UsageError, with a hint, for anything not in it. */
export function parseFlags<T extends Record<string, Flag>>(
  args: readonly string[],
  table: T,
): Values<T> & { help?: boolean } {
  const options: Record<string, { type: 'string' | 'boolean'; short?: string }> = {
    help: { type: 'boolean', short: 'h' },
  }
  for (const [name, flag] of Object.entries(table))
    options[name] = { type: flag.value ? 'string' : 'boolean', ...(flag.short && { short: flag.short }) }
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values as Values<T>
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0]!)
  }
}

/** One line a flag, aligned. */
export function formatFlags(table: Record<string, Flag>): string {
  const rows = Object.entries({ ...table, help: { short: 'h', help: 'show this help' } as Flag }).map(([name, f]) => ({
    left: `  ${f.short ? `-${f.short}, ` : '    '}--${name}${f.value ? ` ${f.value}` : ''}`,
    right: f.default ? `${f.help} (default ${f.default})` : f.help,
  }))
  const width = Math.max(...rows.map(r => r.left.length)) + 2
  return rows.map(r => r.left.padEnd(width) + r.right).join('\n')
}
