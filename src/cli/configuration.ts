/** One typed configuration, put together once: flags win over the environment, the environment over the file, the file over defaults. */
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { controllerNames } from '../controllers/catalogue.js'
import { parseDuration } from '../machinery/duration.js'
import { type ApiServerFlagName, type ApiServerFlags, apiServerFlags } from './api-server-flags.js'
import { UsageError, type upFlags } from './flags.js'
import { type KubeletFlagName, type KubeletFlags, kubeletFlags } from './kubelet-flags.js'
import { parseStorageLocation } from './storage-location.js'

export const runtimes = ['auto', 'docker', 'process', 'sim', 'none'] as const
export const logLevels = ['error', 'warn', 'info', 'debug', 'trace'] as const
const serviceProxies = ['auto', 'nftables', 'iptables', 'userspace', 'none'] as const
const nameServers = ['builtin', 'none'] as const
const ingressControllers = ['builtin', 'none'] as const
const booleans = ['true', 'false'] as const
export type RuntimeName = (typeof runtimes)[number]
export type LogLevel = (typeof logLevels)[number]

export interface Configuration {
  /** Absolute. */
  dataDir: string
  /** As `--storage` has it. */
  storage: string
  /** Absolute; default: `pki` in the data directory. */
  pkiDir?: string
  port: number
  bindAddress: string
  runtime: RuntimeName
  nodes: number
  /** Simulated ones beside them; nothing runs there but what tolerates it. */
  simNodes: number
  /** A file that says what simulated containers do; absolute. */
  simStages?: string
  /** Which controllers run: names, `-name`, `*`; empty for none. */
  controllers: readonly string[]
  /** How long a node may be silent before it counts as lost; undefined: upstream's default. */
  nodeMonitorGraceMs?: number
  scheduler: boolean
  /** A file with a KubeSchedulerConfiguration; absolute. */
  schedulerConfig?: string
  /** Who carries traffic to services. */
  serviceProxy: (typeof serviceProxies)[number]
  /** The cluster's name server. */
  dns: (typeof nameServers)[number]
  /** Where CNI plugins that plug in pods are configured; absolute. Undefined: we plug them in, or Docker does. */
  cniConfDir?: string
  /** Where the programs of plugins are, separated by commas. */
  cniBinDir: string
  /** Who serves Ingresses. */
  ingress: (typeof ingressControllers)[number]
  /** Where Ingresses are reached; undefined: the usual port, or another where that is not to be had. 0: any. */
  ingressHttpPort?: number
  ingressHttpsPort?: number
  kubeconfigOut?: string
  /** Remove the containers of pods when the cluster stops. */
  removeContainers: boolean
  logLevel: LogLevel
  /** Ranges of cluster IPs, CIDRs: of IPv4, and after a comma of IPv6 where services are to have addresses of both. */
  serviceSubnet: string
  /** Where pods have their addresses, CIDRs as above; undefined: where this machine has room. */
  clusterCidr?: string
  /** Whether nodes are given networks of their own; undefined: where a controller does that. */
  allocateNodeCidrs?: boolean
  /** Bits of the IPv4 network of a node; undefined: as fits the number of its pods. */
  nodeCidrMaskSize?: number
  /** Of authentication and admission, by the names of their flags. */
  apiServer?: ApiServerFlags
  /** Of the nodes, by the names of the kubelet's flags. */
  kubelet?: KubeletFlags
}

/** Kubelets show a sign of life every ten seconds. */
const shortestGraceMs = 11_000

/** Bits: a node has room for some pods, and a cluster for some nodes. */
const longestNodeNetwork = 16
const shortestNodeNetwork = 29

/** Upstream is tested up to there. */
const mostNodes = 5000

export const configurationApiVersion = 'minik8s.dev/v1alpha1'

export const defaults: Omit<Configuration, 'dataDir'> & { dataDir: string } = {
  dataDir: '.minik8s',
  storage: 'file',
  port: 6443,
  bindAddress: '127.0.0.1',
  runtime: 'auto',
  nodes: 1,
  simNodes: 0,
  controllers: ['*'],
  scheduler: true,
  serviceProxy: 'auto',
  dns: 'builtin',
  cniBinDir: '/opt/cni/bin',
  ingress: 'builtin',
  removeContainers: false,
  logLevel: 'warn',
  serviceSubnet: '10.96.0.0/16',
}

const serviceSubnetPattern = /^\d+\.\d+\.\d+\.\d+\/(1[2-9]|2\d)(,[0-9a-fA-F:]+\/(6[4-9]|[7-9]\d|1[01]\d|12[0-4]))?$/

const fileSchema = {
  type: 'object',
  required: ['apiVersion', 'kind'],
  additionalProperties: false,
  properties: {
    apiVersion: { const: configurationApiVersion },
    kind: { const: 'ClusterConfiguration' },
    dataDir: { type: 'string', minLength: 1 },
    storage: { type: 'string', minLength: 1 },
    pkiDir: { type: 'string', minLength: 1 },
    port: { type: 'integer', minimum: 0, maximum: 65535 },
    bindAddress: { type: 'string', minLength: 1 },
    runtime: { enum: runtimes },
    nodes: { type: 'integer', minimum: 0, maximum: mostNodes },
    simNodes: { type: 'integer', minimum: 0, maximum: mostNodes },
    simStages: { type: 'string', minLength: 1 },
    controllers: { type: 'array', items: { enum: ['*', ...controllerNames.flatMap(name => [name, `-${name}`])] } },
    nodeMonitorGraceMs: { type: 'integer', minimum: shortestGraceMs },
    scheduler: { type: 'boolean' },
    schedulerConfig: { type: 'string', minLength: 1 },
    serviceProxy: { enum: serviceProxies },
    dns: { enum: nameServers },
    cniConfDir: { type: 'string', minLength: 1 },
    cniBinDir: { type: 'string', minLength: 1 },
    ingress: { enum: ingressControllers },
    ingressHttpPort: { type: 'integer', minimum: 0, maximum: 65535 },
    ingressHttpsPort: { type: 'integer', minimum: 0, maximum: 65535 },
    kubeconfigOut: { type: 'string', minLength: 1 },
    removeContainers: { type: 'boolean' },
    logLevel: { enum: logLevels },
    serviceSubnet: { type: 'string', pattern: serviceSubnetPattern.source },
    clusterCidr: { type: 'string', minLength: 1 },
    allocateNodeCidrs: { type: 'boolean' },
    nodeCidrMaskSize: { type: 'integer', minimum: longestNodeNetwork, maximum: shortestNodeNetwork },
    apiServer: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.keys(apiServerFlags).map(name => [name, { type: 'string' }])),
    },
    kubelet: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(Object.keys(kubeletFlags).map(name => [name, { type: 'string' }])),
    },
  },
}

type FileSettings = Partial<Configuration>

/** Reads and checks a ClusterConfiguration file. */
async function readConfigurationFile(path: string): Promise<FileSettings> {
  const [{ load }, { Ajv }, text] = await Promise.all([import('js-yaml'), import('ajv'), readText(path)])
  let document: unknown
  try {
    document = load(text)
  } catch (error) {
    throw new UsageError(`${path}: ${(error as Error).message}`)
  }
  const check = new Ajv({ allErrors: true, strict: false }).compile(fileSchema)
  if (!check(document)) {
    const lines = (check.errors ?? []).map(e => {
      const extra = e.params.additionalProperty ?? e.params.allowedValues?.join(', ') ?? e.params.allowedValue
      return `  ${e.instancePath.slice(1).replaceAll('/', '.') || '(top level)'}: ${e.message}${extra ? `: ${extra}` : ''}`
    })
    throw new UsageError(
      `${path} is not a valid ClusterConfiguration of ${configurationApiVersion}:\n${lines.join('\n')}`,
    )
  }
  const { apiVersion: _, kind: __, ...settings } = document as FileSettings & { apiVersion: string; kind: string }
  return settings
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new UsageError(`cannot read --config ${path}: ${(error as Error).message}`)
  }
}

/** An empty path would mean the working directory, which `reset` then empties of what is named like ours. */
function parsePath(name: string, text: string): string {
  if (!text) throw new UsageError(`--${name} must name a place, not be empty`)
  return text
}

function parseCount(name: string, text: string, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > max)
    throw new UsageError(`--${name} must be a whole number from 0 to ${max}, not "${text}"`)
  return value
}

function parseMaskSize(text: string): number {
  const bits = parseCount('node-cidr-mask-size', text, shortestNodeNetwork)
  if (bits >= longestNodeNetwork) return bits
  throw new UsageError(
    `--node-cidr-mask-size must be a whole number from ${longestNodeNetwork} to ${shortestNodeNetwork}, not "${text}"`,
  )
}

function parseChoice<T extends string>(name: string, text: string, choices: readonly T[]): T {
  if (!choices.includes(text as T))
    throw new UsageError(`--${name} must be one of ${choices.join(', ')}, not "${text}"`)
  return text as T
}

/** `*` with what is taken from it: a list of nothing but `-name` means all but those. */
export function parseControllers(text: string): string[] {
  if (text === 'none') return []
  const words = text.split(',').filter(Boolean)
  for (const word of words)
    if (word !== '*' && !controllerNames.includes(word.replace(/^-/, '')))
      throw new UsageError(
        `--controllers: there is no controller "${word.replace(/^-/, '')}"; there are ${controllerNames.join(', ')}`,
      )
  return words.length && words.every(word => word.startsWith('-')) ? ['*', ...words] : words
}

function parseGrace(text: string): number {
  const flag = '--node-monitor-grace-period'
  const refuse = () =>
    new UsageError(`${flag} must be a duration of 11s or more, such as 50s, not ${JSON.stringify(text)}`)
  try {
    const ms = parseDuration(text)
    if (ms >= shortestGraceMs) return ms
  } catch {
    throw refuse()
  }
  throw refuse()
}

/** klog's numbers: 0 and 1 are quiet, 2 to 3 informative, 4 to 5 for debugging, more is everything. */
export function parseLogLevel(text: string): LogLevel {
  if (!/^\d+$/.test(text)) return parseChoice('verbosity', text, logLevels)
  const n = Number(text)
  return n <= 1 ? 'warn' : n <= 3 ? 'info' : n <= 5 ? 'debug' : 'trace'
}

export type UpFlagValues = {
  [K in keyof typeof upFlags]?: (typeof upFlags)[K] extends { value: string } ? string : boolean
}

/** Settings given by flag, or by `MINIK8S_<FLAG>` in the environment where the flag is absent. */
function settingsOf(flags: UpFlagValues, env: Readonly<Record<string, string | undefined>>): FileSettings {
  const given = (name: keyof typeof upFlags) =>
    (flags[name] as string | undefined) ?? (env[`MINIK8S_${name.toUpperCase().replaceAll('-', '_')}`] || undefined)
  const settings: FileSettings = {}
  const take = <K extends keyof Configuration>(
    key: K,
    flag: keyof typeof upFlags,
    parse: (text: string) => Configuration[K],
  ) => {
    const text = given(flag)
    if (text !== undefined) settings[key] = parse(text)
  }
  take('dataDir', 'data-dir', text => parsePath('data-dir', text))
  take('storage', 'storage', text => text)
  take('pkiDir', 'pki-dir', text => parsePath('pki-dir', text))
  take('port', 'port', text => parseCount('port', text, 65535))
  take('bindAddress', 'bind-address', text => text)
  take('runtime', 'runtime', text => parseChoice('runtime', text, runtimes))
  take('nodes', 'nodes', text => parseCount('nodes', text, mostNodes))
  take('simNodes', 'sim-nodes', text => parseCount('sim-nodes', text, mostNodes))
  take('simStages', 'sim-stages', text => parsePath('sim-stages', text))
  take('controllers', 'controllers', parseControllers)
  take('nodeMonitorGraceMs', 'node-monitor-grace-period', parseGrace)
  take('scheduler', 'scheduler', text => parseChoice('scheduler', text, booleans) === 'true')
  take('schedulerConfig', 'scheduler-config', text => parsePath('scheduler-config', text))
  take('serviceSubnet', 'service-cluster-ip-range', text => text)
  take('clusterCidr', 'cluster-cidr', text => text)
  take(
    'allocateNodeCidrs',
    'allocate-node-cidrs',
    text => parseChoice('allocate-node-cidrs', text, booleans) === 'true',
  )
  take('nodeCidrMaskSize', 'node-cidr-mask-size', parseMaskSize)
  take('serviceProxy', 'service-proxy', text => parseChoice('service-proxy', text, serviceProxies))
  take('dns', 'dns', text => parseChoice('dns', text, nameServers))
  take('cniConfDir', 'cni-conf-dir', text => parsePath('cni-conf-dir', text))
  take('cniBinDir', 'cni-bin-dir', text => parsePath('cni-bin-dir', text))
  take('ingress', 'ingress', text => parseChoice('ingress', text, ingressControllers))
  take('ingressHttpPort', 'ingress-http-port', text => parseCount('ingress-http-port', text, 65535))
  take('ingressHttpsPort', 'ingress-https-port', text => parseCount('ingress-https-port', text, 65535))
  take('kubeconfigOut', 'kubeconfig-out', text => parsePath('kubeconfig-out', text))
  take('logLevel', 'verbosity', parseLogLevel)
  if (flags.rm) settings.removeContainers = true
  for (const name of Object.keys(apiServerFlags) as ApiServerFlagName[]) {
    const text = given(name)
    if (text !== undefined) settings.apiServer = { ...settings.apiServer, [name]: text }
  }
  for (const name of Object.keys(kubeletFlags) as KubeletFlagName[]) {
    const text = given(name)
    if (text !== undefined) settings.kubelet = { ...settings.kubelet, [name]: text }
  }
  return settings
}

function checkServiceSubnet(text: string): void {
  if (serviceSubnetPattern.test(text) && text.split(',').every(cidr => isIP(cidr.split('/')[0]!))) return
  throw new UsageError(
    `--service-cluster-ip-range (serviceSubnet) must be a range of IPv4 addresses, such as 10.96.0.0/16, or that and one of IPv6, such as 10.96.0.0/16,fd00:96::/112, not "${text}"`,
  )
}

/** Throws UsageError with a sentence that says what to change. */
export async function resolveConfiguration(
  flags: UpFlagValues,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Configuration> {
  const path = flags.config ?? env.MINIK8S_CONFIG
  const file = path ? await readConfigurationFile(path) : {}
  const settings = settingsOf(flags, env)
  const merged: Configuration = { ...defaults, ...file, ...settings }
  if (file.kubelet && settings.kubelet) merged.kubelet = { ...file.kubelet, ...settings.kubelet }
  if (file.apiServer && settings.apiServer) merged.apiServer = { ...file.apiServer, ...settings.apiServer }
  if (!isIP(merged.bindAddress))
    throw new UsageError(`--bind-address must be an IP address, not "${merged.bindAddress}"`)
  checkServiceSubnet(merged.serviceSubnet)
  parseStorageLocation('storage', merged.storage)
  merged.dataDir = resolve(merged.dataDir)
  if (merged.pkiDir) merged.pkiDir = resolve(merged.pkiDir)
  if (merged.simStages) merged.simStages = resolve(merged.simStages)
  if (merged.schedulerConfig) merged.schedulerConfig = resolve(merged.schedulerConfig)
  if (merged.cniConfDir) merged.cniConfDir = resolve(merged.cniConfDir)
  if (merged.kubeconfigOut) merged.kubeconfigOut = resolve(merged.kubeconfigOut)
  return merged
}

/** Of a node in a process of its own. Throws UsageError. */
export function nodeConfiguration(dataDir: string, flags: UpFlagValues): Configuration {
  const { cniConfDir, ...settings } = settingsOf(flags, {})
  const runtime = parseChoice('runtime', settings.runtime ?? 'docker', ['docker', 'process'])
  if (runtime === 'process' && !cniConfDir)
    throw new UsageError(
      '--runtime process: pods of nodes that join reach the others only where CNI plugins plug them in (--cni-conf-dir)',
    )
  return {
    ...defaults,
    ...settings,
    ...(cniConfDir && { cniConfDir: resolve(cniConfDir) }),
    dataDir,
    runtime,
    nodes: 1,
  }
}

/** The data directory of the commands that take nothing else. */
export const resolveDataDir = (flag: string | undefined, env: Readonly<Record<string, string | undefined>>): string =>
  resolve(parsePath('data-dir', flag ?? (env.MINIK8S_DATA_DIR || defaults.dataDir)))
