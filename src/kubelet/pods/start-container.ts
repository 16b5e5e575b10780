/** Brings one container of a pod up: image, configuration, create, start, postStart. */
import type { Container, Pod, Secret } from '../../apis/generated/core-v1.js'
import { formatDuration } from '../../machinery/duration.js'
import { type EnvironmentContext, environmentNeedsPodIP, environmentOf } from '../env/environment.js'
import { eventsFor } from '../events.js'
import { runHook } from '../hooks.js'
import type { ContainerStatus, EnvVar, ImageStatus } from '../runtime/types.js'
import { StartError, type StartErrorReason } from '../start-error.js'
import type { MountedVolume } from '../volumes/pod-volumes.js'
import { containerConfig } from './container-config.js'
import { hashContainer } from './container-hash.js'
import { containerMounts } from './container-mounts.js'
import { killContainer } from './kill-pod.js'
import { type AnyContainer, allStatuses, describePod, refOf } from './pod.js'
import type { PodDeps } from './pod-deps.js'
import type { PodFiles } from './pod-files.js'
import type { PodResize } from './pod-resize.js'
import { latestOf } from './pod-state.js'

export type ContainerType = 'container' | 'init_container' | 'ephemeral_container'

/** The pod that is being started, as far as it has come. */
export interface StartContext {
  pod: Pod
  files: PodFiles
  volumes: ReadonlyMap<string, MountedVolume>
  sandboxId: string
  /** The running sandbox; hosts and the like are written when it resolves. */
  ready: Promise<ContainerStatus>
  /** Aborted when the pod is to end. */
  signal: AbortSignal
  resize: PodResize
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

export class ContainerStarter {
  readonly #deps: PodDeps
  readonly #context: StartContext
  readonly #container: AnyContainer
  readonly #type: ContainerType
  #prepared: Promise<string> | undefined

  constructor(deps: PodDeps, context: StartContext, container: AnyContainer, type: ContainerType) {
    this.#deps = deps
    this.#context = context
    this.#container = container
    this.#type = type
  }

  /** Creates the container ahead of its turn; what goes wrong is told by `start`. */
  prepare(): void {
    this.#prepared ??= this.#create()
    this.#prepared.catch(() => {})
  }

  /** Removes what was created and will not be started. */
  async discard(): Promise<void> {
    const id = await this.#prepared?.catch(() => undefined)
    if (id) await this.#deps.runtime.removeContainer(id).catch(() => {})
  }

  /** Rejects with a StartError. */
  async start(): Promise<void> {
    try {
      this.prepare()
      const id = await this.#prepared!
      await this.#context.ready
      await this.#run(id)
    } catch (error) {
      if (error instanceof StartError) this.#deps.metrics.containerFailed(this.#type, error.reason)
      throw error
    }
  }

  get #events() {
    return eventsFor(this.#deps.events, this.#context.pod, this.#container.name)
  }

  /** Tells of the failure as upstream does, and makes it a StartError. */
  #failure(reason: StartErrorReason, error: unknown): StartError {
    const failure = error instanceof StartError ? error : new StartError(reason, messageOf(error))
    this.#events.warning('Failed', `Error: ${failure.message}`)
    return failure
  }

  async #step<T>(reason: StartErrorReason, work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      throw this.#failure(reason, error)
    }
  }

  get #latest(): ContainerStatus | undefined {
    return latestOf(this.#deps.cache.state(this.#context.pod.metadata.uid ?? ''), this.#container.name)
  }

  /** Containers that keep failing wait longer and longer. */
  #checkBackoff(): void {
    const latest = this.#latest
    if (latest?.state !== 'exited') return
    const { pod } = this.#context
    const { name } = this.#container
    const key = `${pod.metadata.uid}/${name}/${hashContainer(this.#container)}`
    const since = latest.finishedAt ?? 0
    const waitMs = this.#deps.restarts.remaining(key, since)
    if (waitMs === 0) {
      this.#deps.restarts.next(key, since)
      return
    }
    const which = describePod(pod)
    this.#events.warning('BackOff', `Back-off restarting failed container ${name} in pod ${which}`)
    const delay = formatDuration(this.#deps.restarts.delay(key))
    const message = `back-off ${delay} restarting failed container=${name} pod=${which}`
    throw new StartError('CrashLoopBackOff', message, waitMs)
  }

  /** One more than the last that is known, also where the runtime has lost its record. */
  #attempt(): number {
    const latest = this.#latest
    if (latest) return latest.state === 'created' ? latest.attempt : latest.attempt + 1
    const status = allStatuses(this.#context.pod.status).find(({ name }) => name === this.#container.name)
    if (!status) return 0
    // The count of a lost record has been raised in the status already.
    return status.containerID ? status.restartCount + 1 : status.restartCount
  }

  async #create(): Promise<string> {
    this.#checkBackoff()
    const { pod, files, volumes, sandboxId, signal } = this.#context
    const container = this.#container
    const image = await this.#image()
    const env = await this.#step('CreateContainerConfigError', this.#environment())
    const attempt = this.#attempt()
    const terminationFile = await files.makeTerminationFile(container.name, attempt)
    const memoryPath = async (volume: string) => {
      await this.#context.ready
      return this.#deps.runtime.memoryVolumePath(refOf(pod), volume)
    }
    const mountInput = { pod, container, volumes, env, files, terminationFile, memoryPath }
    const mounts = await this.#step('CreateContainerConfigError', containerMounts(mountInput))
    const pidTarget = this.#pidTarget()
    const config = await this.#step(
      'CreateContainerConfigError',
      containerConfig({
        pod,
        container,
        attempt,
        image,
        env,
        mounts,
        terminationFile,
        ...(pidTarget && { pidTarget }),
        memoryCapacity: this.#deps.node.memoryCapacity,
        profilesDirectory: this.#deps.seccompDirectory,
      }),
    )
    signal.throwIfAborted()
    const id = await this.#step('CreateContainerError', this.#deps.runtime.createContainer(sandboxId, config))
    await this.#context.resize.actuate(id, container.resources)
    this.#events.normal('Created', `Created container: ${container.name}`)
    return id
  }

  async #image(): Promise<ImageStatus> {
    const { pod, signal } = this.#context
    try {
      return await this.#deps.images.ensure({
        pod,
        container: this.#container,
        pullSecrets: () => this.#pullSecrets(),
        events: this.#events,
        signal,
      })
    } catch (error) {
      const failure = error instanceof StartError ? error : new StartError('ErrImagePull', messageOf(error))
      // Upstream's event has the name of the error here, not its message.
      this.#events.warning('Failed', `Error: ${failure.reason}`)
      throw failure
    }
  }

  /** A missing secret is no reason not to try. */
  async #pullSecrets(): Promise<Secret[]> {
    const { pod } = this.#context
    const { uid = '', namespace = '' } = pod.metadata
    const wanted = (pod.spec.imagePullSecrets ?? []).map(({ name = '' }) =>
      this.#deps.secrets.get(uid, namespace, name),
    )
    const found = await Promise.allSettled(wanted)
    return found.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
  }

  async #environment(): Promise<EnvVar[]> {
    const { pod, ready } = this.#context
    const { node, configMaps, secrets, services } = this.#deps
    const uid = pod.metadata.uid ?? ''
    const hostIPs = node.addresses()
    const needsIP = environmentNeedsPodIP(this.#container)
    const podIPs = pod.spec.hostNetwork ? hostIPs : needsIP ? (await ready).ips : []
    const context: EnvironmentContext = {
      pod,
      nodeName: node.name,
      hostIPs,
      podIPs,
      allocatable: node.allocatable(),
      services: await services(),
      config: {
        configMap: (namespace, name) => configMaps.get(uid, namespace, name),
        secret: (namespace, name) => secrets.get(uid, namespace, name),
      },
    }
    return environmentOf(this.#container, context)
  }

  #pidTarget(): string | undefined {
    const { targetContainerName } = this.#container as { targetContainerName?: string }
    if (!targetContainerName) return undefined
    const target = latestOf(this.#deps.cache.state(this.#context.pod.metadata.uid ?? ''), targetContainerName)
    if (target?.state === 'running') return target.id
    throw this.#failure(
      'CreateContainerConfigError',
      new Error(`unable to find target container ${targetContainerName}`),
    )
  }

  async #run(id: string): Promise<void> {
    this.#context.signal.throwIfAborted()
    try {
      await this.#step('RunContainerError', this.#deps.runtime.startContainer(id))
    } finally {
      await this.#deps.cache.refresh(id)
    }
    this.#events.normal('Started', `Started container ${this.#container.name}`)
    this.#deps.metrics.containerStarted(this.#type)
    await this.#postStart(id)
  }

  async #postStart(id: string): Promise<void> {
    const { pod, ready, signal } = this.#context
    const handler = (this.#container as Container).lifecycle?.postStart
    if (!handler) return
    const podIP = (await ready).ips[0] ?? this.#deps.node.addresses()[0] ?? ''
    const aborted = new Promise<never>((_, reject) =>
      signal.addEventListener('abort', () => reject(new Error('the pod is to end')), { once: true }),
    )
    aborted.catch(() => {})
    const target = { pod, container: this.#container, containerId: id, podIP }
    try {
      await Promise.race([runHook(this.#deps, handler, target, signal), aborted])
    } catch (error) {
      if (signal.aborted) throw error
      this.#events.warning('FailedPostStartHook', 'PostStartHook failed')
      const running = this.#deps.cache.find(id)
      if (running) await killContainer(this.#deps, { pod, container: running, message: 'FailedPostStartHook', podIP })
      throw new StartError('PostStartHookError', messageOf(error))
    }
  }
}
