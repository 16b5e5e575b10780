/** Images of the process runtime on disk: a root file system each, unpacked, and a file that says what there is. */
import { createReadStream, type FSWatcher, watch } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { canonicalName } from '../../images/image-name.js'
import { RuntimeError } from '../runtime.js'
import type { ImageStatus } from '../types.js'
import type { ImageConfig } from './image-archive.js'

/** One image as it is kept. */
export interface StoredImage {
  id: string
  tags: readonly string[]
  /** Where it was pulled: names with the digest of what the registry gave. */
  digests?: readonly string[]
  config: ImageConfig
  sizeBytes: number
}

const listName = 'images.json'

/** Bytes of all files below it; what vanishes meanwhile does not count. */
export async function sizeOf(directory: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name)
    total += entry.isDirectory()
      ? await sizeOf(path)
      : await lstat(path).then(
          ({ size }) => size,
          () => 0,
        )
  }
  return total
}

export class ImageStore {
  readonly #directory: string
  #known: { at: number; images: readonly StoredImage[] } | undefined
  #turn: Promise<unknown> = Promise.resolve()
  /** By id, the last one. */
  readonly #adding = new Map<string, Promise<unknown>>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /** Reads the list again when another process has written it. */
  async list(): Promise<readonly StoredImage[]> {
    const path = join(this.#directory, listName)
    const at = await stat(path, { bigint: true }).then(
      ({ mtimeNs, ino }) => Number(mtimeNs % 1_000_000_000_000_000n) + Number(ino),
      () => 0,
    )
    if (this.#known?.at === at) return this.#known.images
    const images = at ? (JSON.parse(await readFile(path, 'utf8')) as StoredImage[]) : []
    this.#known = { at, images }
    return images
  }

  async #write(images: readonly StoredImage[]): Promise<void> {
    const path = join(this.#directory, listName)
    await writeFile(`${path}.new`, `${JSON.stringify(images, undefined, 1)}\n`)
    await rename(`${path}.new`, path)
    this.#known = undefined
  }

  /** One change at a time. */
  #change<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(work)
    this.#turn = next.catch(() => {})
    return next
  }

  /** By name or id; undefined when it is not there. */
  async find(image: string): Promise<StoredImage | undefined> {
    const name = canonicalName(image)
    const images = await this.list()
    return images.find(
      ({ id, tags, digests = [] }) =>
        id === image || id === `sha256:${image}` || [...tags, ...digests].some(each => canonicalName(each) === name),
    )
  }

  rootOf(id: string): string {
    return join(this.#directory, id.replace('sha256:', ''), 'root')
  }

  /** `fill` makes the root file system in the directory that it is given. Tags are taken from the images that had them. */
  add(image: Omit<StoredImage, 'sizeBytes'>, fill: (root: string) => Promise<void>): Promise<StoredImage> {
    // Not twice at a time: who comes later may find it in use already.
    const adding = (this.#adding.get(image.id) ?? Promise.resolve()).catch(() => {}).then(() => this.#add(image, fill))
    this.#adding.set(image.id, adding)
    return adding
  }

  async #add(image: Omit<StoredImage, 'sizeBytes'>, fill: (root: string) => Promise<void>): Promise<StoredImage> {
    const { id, tags } = image
    await mkdir(this.#directory, { recursive: true, mode: 0o711 })
    const present = (await this.list()).find(known => known.id === id)
    let { sizeBytes } = present ?? { sizeBytes: 0 }
    if (!present) {
      const work = await mkdtemp(join(this.#directory, 'new-'))
      try {
        const root = join(work, 'root')
        await mkdir(root, { mode: 0o755 })
        await fill(root)
        sizeBytes = await sizeOf(root)
        const place = join(this.#directory, id.replace('sha256:', ''))
        await rm(place, { recursive: true, force: true })
        await rename(work, place)
      } finally {
        await rm(work, { recursive: true, force: true })
      }
    }
    return this.#change(async () => {
      const names = new Set(tags.map(canonicalName))
      const others = (await this.list()).filter(known => known.id !== id)
      const digests = [...new Set([...(present?.digests ?? []), ...(image.digests ?? [])])]
      const stored = { ...image, tags: [...new Set([...(present?.tags ?? []), ...tags])], digests, sizeBytes }
      await this.#write([
        stored,
        ...others.map(other => ({ ...other, tags: other.tags.filter(tag => !names.has(canonicalName(tag))) })),
      ])
      return stored
    })
  }

  /** Loads a saved image. Resolves with what it held. */
  async load(file: string): Promise<StoredImage[]> {
    const { readImages, unpackArchive } = await import('./image-archive.js')
    const { unpackLayer } = await import('./unpack-layer.js')
    await mkdir(this.#directory, { recursive: true, mode: 0o711 })
    const work = await mkdtemp(join(this.#directory, 'load-'))
    try {
      await unpackArchive(file, work)
      const stored: StoredImage[] = []
      for (const { id, tags, config, layers } of await readImages(work))
        stored.push(
          await this.add({ id, tags, config }, async root => {
            for (const layer of layers) await unpackLayer(createReadStream(layer), root)
          }),
        )
      return stored
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }

  /** A name goes alone as long as the image has others. */
  remove(image: string): Promise<void> {
    return this.#change(async () => {
      const found = await this.find(image)
      if (!found) throw new RuntimeError('image-missing', `No such image: ${image}`)
      const name = canonicalName(image)
      const isName = found.tags.some(tag => canonicalName(tag) === name)
      const left = isName ? found.tags.filter(tag => canonicalName(tag) !== name) : []
      const others = (await this.list()).filter(({ id }) => id !== found.id)
      await this.#write(left.length > 0 ? [{ ...found, tags: left }, ...others] : others)
      if (left.length === 0) await rm(join(this.rootOf(found.id), '..'), { recursive: true, force: true })
    })
  }

  /** Calls back when images may have come or gone, until the signal. */
  async watch(changed: () => void, signal: AbortSignal): Promise<void> {
    await mkdir(this.#directory, { recursive: true, mode: 0o711 })
    const watcher: FSWatcher = watch(this.#directory, { persistent: false, signal }, (_, name) => {
      if (name === listName) changed()
    })
    watcher.on('error', () => {})
  }
}

export const imageStatusOf = ({ id, tags, digests = [], config, sizeBytes }: StoredImage): ImageStatus => ({
  id,
  tags,
  digests,
  sizeBytes,
  user: config.User ?? '',
})
