/** What Docker is asked to create for a sandbox or a container. Pure. */
import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode'
import type { ContainerConfig, Mount, PodRef, SandboxConfig, SecurityOptions } from '../types.js'
import { containerLabels, containerName, type Owner, sandboxLabels } from './labels.js'

/** Upstream rotates at 10 MiB and keeps five files. */
const logConfig = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } }
const cpuPeriodMicroseconds = 100_000
/** Docker refuses less. */
const minimumMemoryBytes = 6 * 1024 * 1024
/** Upstream's score for pause containers: among the last to be killed. */
const sandboxOomScoreAdj = -998

/** Of a container that is in none of Docker's networks. */
export const noNetwork = 'none'

export interface CreateContext {
  owner: Owner
  pauseImage: string
  /** Docker's network of pods that have one of their own. */
  network: string
  /** False where the daemon may not lower scores: negative ones become 0. */
  mayLowerOomScore: boolean
  /** Where the machine withholds capabilities: those that can be given. Docker asks for all of them, and fails. */
  grantable?: readonly string[]
  /** Published ports without an address of their own listen here. */
  hostPortAddress?: string
}

/** Docker volume that backs a pod's memory volume. */
export const memoryVolumeName = (cluster: string, uid: string, name: string) => `minik8s-${cluster}_${uid}_${name}`

function mountSettings(mount: Mount, owner: Owner, pod: PodRef): MountSettings {
  const { containerPath: Target, readOnly: ReadOnly, source } = mount
  if ('memory' in source) {
    const Source = memoryVolumeName(owner.cluster, pod.uid, source.memory)
    const VolumeOptions = { NoCopy: true } as MountSettings['VolumeOptions']
    return { Target, Source, Type: 'volume', ReadOnly, VolumeOptions }
  }
  const { propagation } = mount
  return {
    Target,
    Source: source.hostPath,
    Type: 'bind',
    ReadOnly,
    // Docker's own default is private, but for what holds its data directory: there it must choose.
    ...((propagation === 'rslave' || propagation === 'rshared') && { BindOptions: { Propagation: propagation } }),
  }
}

const oomScore = (context: CreateContext, score: number) => (context.mayLowerOomScore ? score : Math.max(0, score))

function portSettings(config: SandboxConfig, context: CreateContext) {
  const PortBindings: Record<string, { HostIp: string; HostPort: string }[]> = {}
  for (const { containerPort, protocol, hostPort, hostIP } of config.portMappings) {
    const port = `${containerPort}/${protocol.toLowerCase()}`
    ;(PortBindings[port] ??= []).push({ HostIp: hostIP ?? context.hostPortAddress ?? '', HostPort: String(hostPort) })
  }
  return { PortBindings, ExposedPorts: Object.fromEntries(Object.keys(PortBindings).map(port => [port, {}])) }
}

export function sandboxBody(config: SandboxConfig, context: CreateContext): ContainerCreateOptions {
  const { pod, namespaces, sysctls } = config
  const onNode = namespaces.network === 'node'
  const isPublished = !onNode && context.network !== noNetwork
  const { PortBindings, ExposedPorts } = portSettings(config, context)
  return {
    name: containerName(context.owner.cluster, 'POD', pod, config.attempt),
    Image: context.pauseImage,
    Labels: sandboxLabels(context.owner, config),
    Hostname: config.hostname,
    ...(isPublished && { ExposedPorts }),
    HostConfig: {
      NetworkMode: onNode ? 'host' : context.network,
      ...(isPublished && { PortBindings }),
      IpcMode: namespaces.ipc === 'node' ? 'host' : 'shareable',
      ...(namespaces.pid === 'node' && { PidMode: 'host' }),
      ...(config.shmSizeBytes && { ShmSize: config.shmSizeBytes }),
      Sysctls: { ...sysctls },
      Mounts: config.mounts.map(mount => mountSettings(mount, context.owner, pod)),
      OomScoreAdj: oomScore(context, sandboxOomScoreAdj),
      LogConfig: { Type: 'none', Config: {} },
      CpuShares: 2,
      SecurityOpt: ['seccomp=unconfined'],
    },
  }
}

function securityOpt({ privileged, seccomp, noNewPrivileges, apparmor, selinux }: SecurityOptions): string[] {
  const options: string[] = []
  if (!privileged && seccomp !== 'runtime/default') options.push(`seccomp=${seccomp}`)
  if (noNewPrivileges) options.push('no-new-privileges')
  if (apparmor && apparmor !== 'runtime/default') options.push(`apparmor=${apparmor.replace(/^localhost\//, '')}`)
  for (const [key, value] of Object.entries(selinux ?? {})) options.push(`label=${key}:${value}`)
  return options
}

function resourceSettings({ resources }: ContainerConfig, context: CreateContext): Partial<HostConfig> {
  const { cpuShares: CpuShares, cpuQuota, memoryLimitBytes, oomScoreAdj } = resources
  const memory = memoryLimitBytes && Math.max(memoryLimitBytes, minimumMemoryBytes)
  return {
    CpuShares,
    ...(cpuQuota && { CpuQuota: cpuQuota, CpuPeriod: cpuPeriodMicroseconds }),
    // Equal to the memory limit: no swap.
    ...(memory && { Memory: memory, MemorySwap: memory }),
    OomScoreAdj: oomScore(context, oomScoreAdj),
  }
}

function namespaceSettings(config: ContainerConfig, sandboxId: string): Partial<HostConfig> {
  const { namespaces, pidTarget } = config
  const sandbox = `container:${sandboxId}`
  const pid = pidTarget ? `container:${pidTarget}` : { node: 'host', pod: sandbox, container: '' }[namespaces.pid]
  return {
    NetworkMode: sandbox,
    IpcMode: namespaces.ipc === 'node' ? 'host' : sandbox,
    ...(pid && { PidMode: pid }),
  }
}

/** `ALL` where not all can be had means those that can. */
function addedCapabilities(names: readonly string[], grantable: readonly string[] | undefined): string[] {
  if (!grantable) return [...names]
  if (names.includes('ALL')) return [...grantable]
  return names.filter(name => grantable.includes(name))
}

/** What Docker calls privileged, made of its parts where the machine withholds capabilities. */
const almostPrivileged = (grantable: readonly string[]): Partial<HostConfig> => ({
  CapAdd: [...grantable],
  SecurityOpt: ['seccomp=unconfined', 'apparmor=unconfined', 'label=disable'],
  MaskedPaths: [],
  ReadonlyPaths: [],
  Devices: [{ PathOnHost: '/dev', PathInContainer: '/dev', CgroupPermissions: 'rwm' }],
  DeviceCgroupRules: ['a *:* rwm'],
})

function securitySettings(security: SecurityOptions, { grantable }: CreateContext): Partial<HostConfig> {
  const withheld = security.privileged && grantable
  return {
    Privileged: security.privileged && !withheld,
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    SecurityOpt: securityOpt(security),
    CapAdd: addedCapabilities(security.addCapabilities, grantable),
    CapDrop: [...security.dropCapabilities],
    GroupAdd: security.supplementalGroups.map(String),
    ...(security.unmaskedProc && { MaskedPaths: [], ReadonlyPaths: [] }),
    ...(withheld && almostPrivileged(withheld)),
  }
}

export function containerBody(pod: PodRef, sandboxId: string, config: ContainerConfig, context: CreateContext) {
  const { command, args } = config
  const body: ContainerCreateOptions = {
    name: containerName(context.owner.cluster, config.name, pod, config.attempt),
    Image: config.imageId,
    Labels: containerLabels(context.owner, pod, sandboxId, config),
    // With an entry point of its own, Docker ignores the image's Cmd, as Kubernetes wants.
    ...(command.length > 0 && { Entrypoint: [...command] }),
    ...(args.length > 0 && { Cmd: [...args] }),
    ...(config.workingDir && { WorkingDir: config.workingDir }),
    Env: config.env.map(({ name, value }) => `${name}=${value}`),
    ...(config.security.user && { User: config.security.user }),
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    Tty: config.tty,
    ...(config.stopSignal && { StopSignal: config.stopSignal }),
    // An image's own health check would run beside our probes.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...namespaceSettings(config, sandboxId),
      ...resourceSettings(config, context),
      ...securitySettings(config.security, context),
      Mounts: config.mounts.map(mount => mountSettings(mount, context.owner, pod)),
      LogConfig: logConfig,
    },
  }
  return body
}
