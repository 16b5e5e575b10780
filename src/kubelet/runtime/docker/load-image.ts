/** Brings images into the user's Docker: from a file that `docker save` wrote, or from a registry. */
import { createReadStream } from 'node:fs'
import type Docker from 'dockerode'
import { RuntimeError } from '../runtime.js'
import { openDocker } from './engine.js'
import { asking } from './errors.js'
import { DockerImages } from './images.js'

interface LoadProgress {
  stream?: string
  error?: string
}

/** Names that were loaded, or ids of images that have none. Rejects with a RuntimeError. */
export async function loadArchive(path: string): Promise<string[]> {
  const docker = await openDocker(undefined)
  const progress = await asking(docker.loadImage(createReadStream(path), { quiet: true }))
  const steps = await followed(docker, progress)
  const failed = steps.find(({ error }) => error)?.error
  if (failed) throw new RuntimeError('other', failed)
  return steps.flatMap(({ stream = '' }) => /^Loaded image(?: ID)?: (\S+)/.exec(stream)?.[1] ?? [])
}

function followed(docker: Docker, progress: NodeJS.ReadableStream): Promise<LoadProgress[]> {
  return new Promise((resolve, reject) =>
    docker.modem.followProgress(progress, (error: Error | null, steps: LoadProgress[] | null) =>
      error ? reject(error) : resolve(steps ?? []),
    ),
  )
}

/** False when the image was there already. Rejects with a RuntimeError where it can be had nowhere. */
export async function ensureImage(name: string): Promise<boolean> {
  const images = new DockerImages(await openDocker(undefined))
  if (await images.status(name)) return false
  await images.pull(name, undefined, new AbortController().signal)
  return true
}
