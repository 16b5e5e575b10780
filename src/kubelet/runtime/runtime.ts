/** What the kubelet asks of a container runtime: CRI's shape, without gRPC. One value serves one node. */
import type { Readable, Writable } from 'node:stream'
import type { ExecStreams, LogOptions } from '../../machinery/node-api.js'
import type {
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ImageStatus,
  LinuxResources,
  MemoryVolumeOptions,
  PodRef,
  RegistryCredentials,
  RuntimeEvent,
  RuntimeVersion,
  SandboxConfig,
} from './types.js'

/** Why a call to the runtime failed; the kubelet shows the message to the user. */
export class RuntimeError extends Error {
  readonly kind: 'not-found' | 'conflict' | 'image-missing' | 'cannot-run' | 'unavailable' | 'timeout' | 'other'
  constructor(kind: RuntimeError['kind'], message: string) {
    super(message)
    this.name = 'RuntimeError'
    this.kind = kind
  }
}

/** True for a RuntimeError of that kind. */
export const isRuntimeError = (error: unknown, kind: RuntimeError['kind']): boolean =>
  error instanceof RuntimeError && error.kind === kind

/** A sandbox being brought up: containers may be created in it as soon as its id is known, started once it is ready. */
export interface StartingSandbox {
  id: string
  /** The running sandbox with its addresses; rejects when it could not start (it is removed then). */
  ready: Promise<ContainerStatus>
}

export interface ExecResult {
  exitCode: number
  output: string
}

export interface Runtime {
  /** Nothing runs, so nobody listens at the addresses of pods: probes over the network are taken to succeed. */
  readonly isSimulated?: boolean
  /** Sandboxes get addresses of their node's CIDRs: without, none with a network of its own can start. */
  readonly wantsPodCidrs?: boolean

  version(): Promise<RuntimeVersion>

  runSandbox(config: SandboxConfig): Promise<StartingSandbox>
  /** Ends the sandbox itself, at once; its containers have been stopped before. Safe to repeat. */
  stopSandbox(id: string): Promise<void>
  removeSandbox(id: string): Promise<void>

  createContainer(sandboxId: string, config: ContainerConfig): Promise<string>
  /** Rejects with kind `cannot-run` when the command cannot be started. */
  startContainer(id: string): Promise<void>
  /** Sends the stop signal, then SIGKILL after the grace period. Resolves when the container is down; safe to repeat. */
  stopContainer(id: string, gracePeriodSeconds: number): Promise<void>
  /** Kills it when it runs. Its logs go with it. Safe to repeat. */
  removeContainer(id: string): Promise<void>
  updateResources(id: string, resources: LinuxResources): Promise<void>

  /** Every sandbox and container of this node, newest first. */
  list(): Promise<ContainerStatus[]>
  /** Undefined when it does not exist. */
  status(id: string): Promise<ContainerStatus | undefined>

  /** Runs a command without streams; resolves with its exit code and output (both streams mixed, 16 KiB at most). Killed at the timeout: then it rejects with kind `timeout`. */
  execSync(id: string, command: readonly string[], timeoutMs: number): Promise<ExecResult>
  /** Runs a command in a running container; resolves with its exit code. */
  exec(id: string, command: readonly string[], streams: ExecStreams): Promise<number>
  /** Connects to the main process; resolves with its exit code, or 0 when the caller left first. */
  attach(id: string, streams: ExecStreams): Promise<number>
  /** Output with upstream's log options applied, except limitBytes; with `tty`, raw output. */
  logs(id: string, options: LogOptions, signal: AbortSignal): Promise<Readable>
  portForward(
    sandboxId: string,
    port: number,
    stream: { readable: Readable; writable: Writable; signal: AbortSignal },
  ): Promise<void>
  stats(id: string): Promise<ContainerStats>
  /** What containers wrote outside of volumes, by id: bytes. Dear; absent where a runtime cannot tell. */
  writtenBytes?(): Promise<ReadonlyMap<string, number>>

  /** Undefined when the image is not present. */
  imageStatus(image: string): Promise<ImageStatus | undefined>
  listImages(): Promise<ImageStatus[]>
  pullImage(image: string, credentials: RegistryCredentials | undefined, signal: AbortSignal): Promise<void>
  removeImage(image: string): Promise<void>

  /** Removes files that containers wrote as other users, with all that is below; absent where the kubelet may do that itself. */
  removeFiles?(path: string): Promise<void>
  /** Memory-backed storage shared by a pod's containers, to be named in mounts. Safe to repeat. */
  ensureMemoryVolume(pod: PodRef, name: string, options: MemoryVolumeOptions): Promise<void>
  removeMemoryVolumes(pod: PodRef): Promise<void>
  /** Where the host sees it while the sandbox that mounts it runs; rejects where the host cannot. */
  memoryVolumePath(pod: PodRef, name: string): Promise<string>

  /** Changes as they happen; absent where a runtime cannot tell: then the kubelet relists. */
  events?(signal: AbortSignal): AsyncIterable<RuntimeEvent>
}
