/** Images of a Docker daemon, remembered until the daemon tells that some image changed. */
import type Docker from 'dockerode'
import type { ImageInspectInfo } from 'dockerode'
import { isDemoImage } from '../demo-image/demo-image.js'
import { RuntimeError } from '../runtime.js'
import type { ImageStatus, RegistryCredentials } from '../types.js'
import { ensureDemoImage } from './demo-image.js'
import { asking, toRuntimeError } from './errors.js'

const present = (names: readonly string[] | null | undefined) => (names ?? []).filter(name => !name.includes('<none>'))

const imageStatusOf = (info: ImageInspectInfo): ImageStatus => ({
  id: info.Id,
  tags: present(info.RepoTags),
  digests: present(info.RepoDigests),
  sizeBytes: info.Size,
  user: info.Config?.User ?? '',
})

interface PullProgress {
  error?: string
}

export class DockerImages {
  readonly #docker: Docker
  readonly #known = new Map<string, ImageStatus>()
  /** Whether changes reach `forget`; without them nothing may be remembered. */
  watched = false
  /** Being put together. */
  #demo: Promise<void> | undefined

  constructor(docker: Docker) {
    this.#docker = docker
  }

  forget(): void {
    this.#known.clear()
  }

  async status(image: string): Promise<ImageStatus | undefined> {
    const known = this.#known.get(image)
    if (known) return known
    try {
      const status = imageStatusOf(await this.#docker.getImage(image).inspect())
      if (this.watched) this.#known.set(image, status)
      return status
    } catch (error) {
      const failure = toRuntimeError(error)
      if (failure.kind === 'image-missing' || failure.kind === 'not-found') return undefined
      throw failure
    }
  }

  async list(): Promise<ImageStatus[]> {
    const images = await asking(this.#docker.listImages())
    return images.map(image => ({
      id: image.Id,
      tags: present(image.RepoTags),
      digests: present(image.RepoDigests),
      sizeBytes: image.Size,
      user: '',
    }))
  }

  async pull(image: string, credentials: RegistryCredentials | undefined, signal: AbortSignal): Promise<void> {
    if (isDemoImage(image)) {
      this.#demo ??= ensureDemoImage(this.#docker).finally(() => {
        this.#demo = undefined
        this.forget()
      })
      return this.#demo
    }
    const options = { fromImage: image, abortSignal: signal }
    const progress = await asking(
      credentials ? this.#docker.createImage(credentials, options) : this.#docker.createImage(options),
    )
    await new Promise<void>((resolve, reject) => {
      this.#docker.modem.followProgress(progress, (error: Error | null, steps: PullProgress[] | null) => {
        const failed = steps?.find(step => step.error)?.error
        if (error ?? failed) reject(error ? toRuntimeError(error) : new RuntimeError('other', failed!))
        else resolve()
      })
    })
    this.forget()
  }

  async remove(image: string): Promise<void> {
    await asking(this.#docker.getImage(image).remove())
    this.forget()
  }
}
