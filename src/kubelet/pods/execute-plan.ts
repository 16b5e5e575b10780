/** Carries out a plan for a pod: kills, sandbox, containers; as much at a time as the order of starting allows. */
import type { Pod } from '../../apis/generated/core-v1.js'
import { eventsFor } from '../events.js'
import type { ContainerStatus } from '../runtime/types.js'
import { StartError } from '../start-error.js'
import type { StartFailure } from '../status/container-statuses.js'
import type { MountedVolume } from '../volumes/pod-volumes.js'
import { linuxResources } from './container-resources.js'
import { hostNetworkHostsFile, hostsFile } from './hosts-file.js'
import { killContainer, killPod } from './kill-pod.js'
import type { PodPlan } from './plan-pod.js'
import { findContainer, isRestartableInit } from './pod.js'
import type { PodDeps } from './pod-deps.js'
import type { PodFiles } from './pod-files.js'
import type { PodResize } from './pod-resize.js'
import { addressesOf, runningSandbox } from './pod-state.js'
import { formatResolvConf, podDnsConfig } from './resolv-conf.js'
import { sandboxConfig } from './sandbox-config.js'
import { ContainerStarter, type ContainerType, type StartContext } from './start-container.js'

export interface PlanInput {
  pod: Pod
  plan: PodPlan
  files: PodFiles
  volumes: ReadonlyMap<string, MountedVolume>
  signal: AbortSignal
  /** By container name: kept up to date with what could not be started. */
  failures: Map<string, StartFailure>
  resize: PodResize
}

/** Records of ended runs of a container that are kept: the last, and the one before for `--previous`. */
const keptRuns = 2

export class PlanExecution {
  readonly #deps: PodDeps
  readonly #input: PlanInput
  /** Milliseconds until something that failed should be tried again. */
  retryAfterMs: number | undefined
  startedSidecar = false

  constructor(deps: PodDeps, input: PlanInput) {
    this.#deps = deps
    this.#input = input
  }

  /** Rejects when the sandbox could not be made; what cannot be started is noted in `failures`. */
  async run(): Promise<void> {
    const { plan, pod } = this.#input
    await this.#kill()
    if (plan.killPod && !plan.createSandbox) return
    await this.#resize()
    const names = [...plan.ephemeralContainers, ...plan.initContainers, ...plan.containers]
    if (!plan.createSandbox && names.length === 0) return
    this.#input.signal.throwIfAborted()
    const context = await this.#context()
    await this.#start(context)
    await this.#removeOldRuns(pod)
  }

  get #uid(): string {
    return this.#input.pod.metadata.uid ?? ''
  }

  async #kill(): Promise<void> {
    const { plan, pod } = this.#input
    const state = this.#deps.cache.state(this.#uid)
    if (plan.killPod) {
      if (plan.createSandbox && plan.attempt > 0)
        eventsFor(this.#deps.events, pod).normal(
          'SandboxChanged',
          'Pod sandbox changed, it will be killed and re-created.',
        )
      await killPod(this.#deps, pod, state)
      if (plan.createSandbox) await this.#forgetBefore()
      return
    }
    const podIP = addressesOf(state)[0] ?? ''
    await Promise.all(plan.kill.map(kill => killContainer(this.#deps, { pod, ...kill, podIP })))
  }

  async #resize(): Promise<void> {
    const { plan, pod, resize } = this.#input
    const { runtime, node } = this.#deps
    for (const { id, name } of plan.resize) {
      const container = findContainer(pod, name)!
      try {
        await runtime.updateResources(id, linuxResources(pod, container, node.memoryCapacity))
        await resize.actuate(id, container.resources)
      } catch (error) {
        resize.failure = `failed to update resources of container ${name}: ${(error as Error).message}`
        this.retryAfterMs = defaultRetryMs
      }
    }
  }

  /** A new sandbox begins with the init containers again; the old sandboxes are of no use. */
  async #forgetBefore(): Promise<void> {
    const state = this.#deps.cache.state(this.#uid)
    const inits = new Set((this.#input.pod.spec.initContainers ?? []).map(({ name }) => name))
    const old = [...state.containers.filter(({ name }) => inits.has(name)), ...state.sandboxes.slice(1)]
    await Promise.all(old.map(({ id }) => this.#remove(id)))
  }

  async #remove(id: string): Promise<void> {
    await this.#deps.runtime.removeContainer(id)
    await this.#deps.cache.refresh(id)
  }

  async #context(): Promise<StartContext> {
    const { pod, files, volumes, signal, resize } = this.#input
    const running = runningSandbox(this.#deps.cache.state(this.#uid))
    if (running && !this.#input.plan.createSandbox)
      return { pod, files, volumes, signal, resize, sandboxId: running.id, ready: Promise.resolve(running) }
    const { id, ready } = await this.#runSandbox()
    return { pod, files, volumes, signal, resize, sandboxId: id, ready }
  }

  async #runSandbox(): Promise<{ id: string; ready: Promise<ContainerStatus> }> {
    const { pod, plan } = this.#input
    const { runtime, clusterDns, node } = this.#deps
    await this.#writeFiles([])
    const names = { clusterDomain: clusterDns.domain, nodeName: node.name }
    try {
      const podCidrs = pod.spec.hostNetwork ? undefined : await node.podCidrs?.()
      const config = sandboxConfig({ pod, attempt: plan.attempt, ...names, ...(podCidrs && { podCidrs }) })
      const { id, ready } = await runtime.runSandbox(config)
      const complete = ready.then(async status => {
        this.#deps.cache.note(status)
        this.#deps.metrics.sandboxStarted()
        if (status.ips.length > 0) await this.#writeHosts(status.ips)
        return status
      })
      complete.catch(() => {})
      return { id, ready: complete }
    } catch (error) {
      throw this.#sandboxFailure(error)
    }
  }

  #sandboxFailure(error: unknown): Error {
    const { message } = error as Error
    this.#deps.metrics.sandboxFailed()
    eventsFor(this.#deps.events, this.#input.pod).warning(
      'FailedCreatePodSandBox',
      `Failed to create pod sandbox: ${message}`,
    )
    return new Error(`failed to create sandbox: ${message}`)
  }

  async #writeFiles(addresses: readonly string[]): Promise<void> {
    const { pod, files } = this.#input
    const dns = podDnsConfig(pod, await this.#deps.hostDns(), this.#deps.clusterDns)
    await Promise.all([files.writeResolvConf(formatResolvConf(dns)), this.#writeHosts(addresses)])
  }

  async #writeHosts(addresses: readonly string[]): Promise<void> {
    const { pod, files } = this.#input
    const text = pod.spec.hostNetwork
      ? hostNetworkHostsFile(pod, await this.#deps.hostsFile())
      : hostsFile(pod, addresses, this.#deps.clusterDns.domain)
    await files.writeHosts(text)
  }

  /** Containers are created side by side, and started one after the other. */
  async #start(context: StartContext): Promise<void> {
    const { plan, pod } = this.#input
    const starter = (type: ContainerType) => (name: string) =>
      [name, new ContainerStarter(this.#deps, context, findContainer(pod, name)!, type)] as const
    const ephemeral = plan.ephemeralContainers.map(starter('ephemeral_container'))
    const inits = plan.initContainers.map(starter('init_container'))
    const main = plan.containers.map(starter('container'))
    const all = [...ephemeral, ...inits, ...main]
    for (const [, container] of all) container.prepare()
    try {
      await this.#ready(context)
      for (const [name, container] of ephemeral) await this.#startOne(name, container)
      for (const [name, container] of inits) {
        const sidecar = isRestartableInit(findContainer(pod, name) as { restartPolicy?: string })
        const started = await this.#startOne(name, container)
        if (!started && !sidecar) return await this.#discard(main)
        this.startedSidecar ||= started && sidecar
      }
      for (const [name, container] of main) await this.#startOne(name, container)
    } catch (error) {
      await this.#discard(all)
      throw error
    }
  }

  async #ready({ ready, signal }: StartContext): Promise<void> {
    await ready.catch(error => {
      throw this.#sandboxFailure(error)
    })
    signal.throwIfAborted()
  }

  async #discard(starters: readonly (readonly [string, ContainerStarter])[]): Promise<void> {
    for (const [name, container] of starters) {
      const { cache } = this.#deps
      const runs = cache.state(this.#uid).containers.some(c => c.name === name && c.state === 'running')
      if (!runs) await container.discard()
    }
  }

  /** False when it could not be started. */
  async #startOne(name: string, container: ContainerStarter): Promise<boolean> {
    const { failures } = this.#input
    try {
      await container.start()
      failures.delete(name)
      return true
    } catch (error) {
      if (!(error instanceof StartError)) throw error
      failures.set(name, { reason: error.reason, message: error.message })
      const retryMs = error.retryAfterMs ?? defaultRetryMs
      this.retryAfterMs = Math.min(this.retryAfterMs ?? Number.POSITIVE_INFINITY, retryMs)
      return false
    }
  }

  async #removeOldRuns(pod: Pod): Promise<void> {
    const { containers } = this.#deps.cache.state(pod.metadata.uid ?? '')
    const seen = new Map<string, number>()
    for (const { id, name } of containers) {
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      if (count > keptRuns) await this.#remove(id).catch(() => {})
    }
  }
}

const defaultRetryMs = 5_000
