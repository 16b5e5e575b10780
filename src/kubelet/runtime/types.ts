/** The values that cross the boundary between kubelet and container runtime: CRI's messages, in our words. */

/** Which pod a sandbox or container belongs to. */
export interface PodRef {
  namespace: string
  name: string
  uid: string
}

export interface PortMapping {
  containerPort: number
  hostPort: number
  protocol: 'TCP' | 'UDP' | 'SCTP'
  hostIP?: string
}

/** The most that a pod may receive and send, in bits a second. */
export interface Bandwidth {
  ingress?: number
  egress?: number
}

/** Where a container's Linux namespaces come from: `pod` shares the sandbox's, `container` has its own, `node` is the host's. */
export interface NamespaceOptions {
  network: 'pod' | 'node'
  ipc: 'pod' | 'node'
  pid: 'pod' | 'container' | 'node'
}

export interface SandboxConfig {
  pod: PodRef
  /** 0 for the first sandbox of the pod, one more for each that replaces a lost one. */
  attempt: number
  hostname: string
  namespaces: NamespaceOptions
  portMappings: readonly PortMapping[]
  bandwidth?: Bandwidth
  /** Of the node: where addresses of its own are to be from; absent: anywhere. */
  podCidrs?: readonly string[]
  sysctls: Readonly<Record<string, string>>
  /** Files that replace the runtime's own. */
  mounts: readonly Mount[]
  /** Size of /dev/shm, shared by the pod's containers; the runtime's default when absent. */
  shmSizeBytes?: number
}

/**
 * A host path, or memory shared by the containers of a pod for as long as its sandbox lives. `below` is a path in it, relative and without
 * links: it must be reached without following any, as containers may change what is there; directories that are missing are made.
 */
export type MountSource = { hostPath: string; below?: string } | { memory: string }

export interface Mount {
  containerPath: string
  source: MountSource
  readOnly: boolean
  propagation?: 'private' | 'rslave' | 'rshared'
}

export interface EnvVar {
  name: string
  value: string
}

/** Linux resources; absent fields are unlimited. */
export interface LinuxResources {
  cpuShares: number
  /** Microseconds of CPU time in each 100 ms. */
  cpuQuota?: number
  memoryLimitBytes?: number
  oomScoreAdj: number
}

export interface SecurityOptions {
  /** `uid`, `uid:gid` or a name; absent: the image's. */
  user?: string
  supplementalGroups: readonly number[]
  privileged: boolean
  readOnlyRootFilesystem: boolean
  noNewPrivileges: boolean
  addCapabilities: readonly string[]
  dropCapabilities: readonly string[]
  /** `unconfined`, `runtime/default`, or the text of a profile. */
  seccomp: string
  apparmor?: string
  selinux?: { user?: string; role?: string; type?: string; level?: string }
  /** procMount: Unmasked. */
  unmaskedProc: boolean
}

export interface ContainerConfig {
  name: string
  /** Counts restarts: the first is 0. */
  attempt: number
  /** Of the spec that made it; a container with another hash is replaced. */
  hash: string
  /** As the pod's spec names it. */
  image: string
  /** What to run, by content: an ImageStatus' id. */
  imageId: string
  /** Shown as `status.imageID`: by digest of the repository where there is one. */
  imageRef: string
  /** Entry point; empty: the image's. */
  command: readonly string[]
  args: readonly string[]
  workingDir?: string
  env: readonly EnvVar[]
  mounts: readonly Mount[]
  stdin: boolean
  stdinOnce: boolean
  tty: boolean
  stopSignal?: string
  namespaces: NamespaceOptions
  /** Joins that container's process namespace instead. */
  pidTarget?: string
  /** An init container that others wait for until it has ended. */
  isAwaited?: boolean
  resources: LinuxResources
  security: SecurityOptions
  /** Where the message file of the termination is on the host, so that a restarted kubelet finds it. */
  annotations: Readonly<Record<string, string>>
}

export type ContainerState = 'created' | 'running' | 'exited' | 'unknown'

/** One container or sandbox as the runtime sees it. Times are milliseconds since the epoch. */
export interface ContainerStatus {
  id: string
  type: 'sandbox' | 'container'
  pod: PodRef
  /** Container name in the pod's spec; `''` for a sandbox. */
  name: string
  attempt: number
  hash: string
  /** Sandbox that the container joined; its own id for a sandbox. */
  sandboxId: string
  state: ContainerState
  createdAt: number
  startedAt?: number
  finishedAt?: number
  exitCode?: number
  signal?: number
  /** Upstream's reasons: Completed, Error, OOMKilled, ContainerCannotRun. */
  reason?: string
  message?: string
  /** As the spec named it. */
  image: string
  /** Reference by content of what runs, as `status.imageID` shows it. */
  imageRef: string
  annotations: Readonly<Record<string, string>>
  /** Sandboxes with a network of their own. */
  ips: readonly string[]
}

export interface ImageStatus {
  id: string
  tags: readonly string[]
  digests: readonly string[]
  sizeBytes: number
  /** `''` when the image says nothing: root. */
  user: string
}

export interface RegistryCredentials {
  username?: string
  password?: string
  auth?: string
  serveraddress?: string
  identitytoken?: string
}

/** Usage counters of one container at `time` (milliseconds since the epoch). */
export interface ContainerStats {
  time: number
  /** Since the container started. */
  cpuUsageNanoseconds: number
  memoryUsageBytes: number
  memoryWorkingSetBytes: number
  memoryRssBytes: number
  pids: number
  network: readonly { name: string; rxBytes: number; txBytes: number; rxErrors: number; txErrors: number }[]
}

/** Something happened to a container; `image` says that some image came or went. `relist` follows a gap. */
export type RuntimeEvent =
  | { type: 'started' | 'died' | 'removed'; id: string; pod: PodRef }
  | { type: 'image' }
  | { type: 'relist' }

export interface RuntimeVersion {
  /** Scheme of container ids, such as `docker`. */
  name: string
  version: string
}

export interface MemoryVolumeOptions {
  sizeBytes?: number
  /** Octal mode of the root, such as 0o1777. */
  mode: number
  gid?: number
}
