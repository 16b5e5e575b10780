/** Makes sure that a container's image is there, by its pull policy, with upstream's events and errors. */
import type { Pod, Secret } from '../../apis/generated/core-v1.js'
import type { Clock } from '../../machinery/clock.js'
import { formatDuration } from '../../machinery/duration.js'
import type { Logger } from '../../telemetry/logger.js'
import { KeyedBackoff } from '../backoff.js'
import type { ContainerEvents } from '../events.js'
import type { AnyContainer } from '../pods/pod.js'
import type { Runtime } from '../runtime/runtime.js'
import type { ImageStatus, RegistryCredentials } from '../runtime/types.js'
import { StartError } from '../start-error.js'
import { credentialsFor } from './credentials.js'
import { type ImageName, parseImageName } from './image-name.js'

export interface ImagePullerDeps {
  runtime: Runtime
  clock: Clock
  log: Logger
  /** What the node itself may pull with, after the pod's own secrets. */
  nodeCredentials?(name: ImageName): Promise<RegistryCredentials[]>
  /** Told of each image that was pulled, by its name. */
  pulled?(image: string): void
}

export interface ImageRequest {
  pod: Pod
  container: AnyContainer
  /** Read only when something has to be pulled. */
  pullSecrets(): Promise<Secret[]>
  events: ContainerEvents
  signal: AbortSignal
}

/** After a registry could not be reached, local images are used without asking it, for so long. */
const unreachableMs = 5 * 60_000
const networkFailure =
  /dial tcp|no such host|i\/o timeout|connection refused|network is unreachable|TLS handshake timeout|Client\.Timeout/

export class ImagePuller {
  readonly #deps: ImagePullerDeps
  readonly #backoff: KeyedBackoff
  readonly #lastError = new Map<string, string>()
  readonly #pulls = new Map<string, Promise<void>>()
  /** Registries by host, with the time until which they are left alone. */
  readonly #unreachable = new Map<string, number>()

  constructor(deps: ImagePullerDeps) {
    this.#deps = deps
    this.#backoff = new KeyedBackoff(deps.clock)
  }

  /** Rejects with a StartError. */
  async ensure(request: ImageRequest): Promise<ImageStatus> {
    const { container, events } = request
    const requested = container.image ?? ''
    const name = this.#parse(requested, events)
    const present = await this.#inspect(name, events)
    const policy = container.imagePullPolicy ?? 'IfNotPresent'
    const mayPull = policy === 'Always' ? !(present && this.#isUnreachable(name)) : !present
    if (present && !mayPull) {
      events.normal('Pulled', `Container image "${requested}" already present on machine`)
      return present
    }
    if (policy === 'Never') {
      const message = `Container image "${requested}" is not present with pull policy of Never`
      events.warning('ErrImageNeverPull', message)
      throw new StartError('ErrImageNeverPull', message)
    }
    return this.#pull(request, name, present)
  }

  #parse(image: string, events: ContainerEvents): ImageName {
    try {
      return parseImageName(image)
    } catch (error) {
      const message = `Failed to apply default image tag "${image}": ${(error as Error).message}`
      events.warning('InspectFailed', message)
      throw new StartError('InvalidImageName', message)
    }
  }

  async #inspect({ full }: ImageName, events: ContainerEvents): Promise<ImageStatus | undefined> {
    try {
      return await this.#deps.runtime.imageStatus(full)
    } catch (error) {
      const message = `Failed to inspect image "${full}": ${(error as Error).message}`
      events.warning('InspectFailed', message)
      throw new StartError('ImageInspectError', message)
    }
  }

  #isUnreachable({ registry }: ImageName): boolean {
    return this.#deps.clock.now() < (this.#unreachable.get(registry) ?? 0)
  }

  async #pull(request: ImageRequest, name: ImageName, present: ImageStatus | undefined): Promise<ImageStatus> {
    const { pod, container, events } = request
    const requested = container.image ?? ''
    const key = `${pod.metadata.uid}_${requested}`
    this.#checkBackoff(key, requested, events)
    events.normal('Pulling', `Pulling image "${requested}"`)
    const started = this.#deps.clock.monotonic()
    try {
      await this.#pullOnce(request, name)
    } catch (error) {
      const message = (error as Error).message
      if (networkFailure.test(message)) this.#unreachable.set(name.registry, this.#deps.clock.now() + unreachableMs)
      if (present) {
        // Images that the user already has are good, whether or not a registry knows them.
        this.#deps.log.info({ image: requested, error: message }, 'Could not pull; using the image that is present')
        events.normal('Pulled', `Container image "${requested}" already present on machine`)
        return present
      }
      throw this.#failed(key, requested, message, events)
    }
    this.#backoff.forget(key)
    const image = await this.#inspect(name, events)
    if (!image) throw this.#failed(key, requested, 'the image is not there after it was pulled', events)
    const took = formatDuration(Math.round(this.#deps.clock.monotonic() - started))
    const size = `Image size: ${image.sizeBytes} bytes.`
    events.normal('Pulled', `Successfully pulled image "${requested}" in ${took} (${took} including waiting). ${size}`)
    return image
  }

  #checkBackoff(key: string, image: string, events: ContainerEvents): void {
    const waitMs = this.#backoff.remainingSinceUpdate(key)
    if (waitMs === 0) return
    const message = `Back-off pulling image "${image}"`
    events.normal('BackOff', message)
    const last = this.#lastError.get(key)
    throw new StartError('ImagePullBackOff', last ? `${message}: ${last}` : message, waitMs)
  }

  #failed(key: string, image: string, message: string, events: ContainerEvents): StartError {
    events.warning('Failed', `Failed to pull image "${image}": ${message}`)
    this.#backoff.next(key, this.#deps.clock.now())
    this.#lastError.set(key, `ErrImagePull: ${message}`)
    return new StartError('ErrImagePull', message)
  }

  /** Containers that want the same image at once share one pull. */
  #pullOnce(request: ImageRequest, name: ImageName): Promise<void> {
    const running = this.#pulls.get(name.full)
    if (running) return running
    const pull = this.#pullWithAnyCredentials(request, name).finally(() => this.#pulls.delete(name.full))
    this.#pulls.set(name.full, pull)
    return pull
  }

  async #pullWithAnyCredentials({ pullSecrets, signal }: ImageRequest, name: ImageName): Promise<void> {
    const { nodeCredentials } = this.#deps
    const ofPod = credentialsFor(name, await pullSecrets())
    const candidates = [...ofPod, ...((await nodeCredentials?.(name)) ?? [])]
    let failure: unknown
    for (const credentials of ofPod.length > 0 ? candidates : [...candidates, undefined]) {
      try {
        await this.#deps.runtime.pullImage(name.full, credentials, signal)
        this.#deps.pulled?.(name.full)
        return
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  forget(podUid: string): void {
    for (const key of [...this.#lastError.keys()]) {
      if (!key.startsWith(`${podUid}_`)) continue
      this.#lastError.delete(key)
      this.#backoff.forget(key)
    }
  }
}
