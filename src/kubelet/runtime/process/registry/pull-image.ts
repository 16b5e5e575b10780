/** Brings an image from a registry into the store of the process runtime. */
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseImageName } from '../../../images/image-name.js'
import { RuntimeError } from '../../runtime.js'
import type { RegistryCredentials } from '../../types.js'
import { type ImageConfig, ownArchitecture } from '../image-archive.js'
import type { ImageStore, StoredImage } from '../image-store.js'
import { unpackLayer } from '../unpack-layer.js'
import { type Descriptor, RegistryClient, type Repository } from './registry-client.js'

const indexTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]

interface Index {
  manifests?: (Descriptor & { platform?: { os: string; architecture: string } })[]
}

interface Manifest {
  config?: Descriptor
  layers?: (Descriptor & { urls?: readonly string[] })[]
}

/** Downloads at a time, as Docker. */
const parallelDownloads = 3

export interface PullRequest {
  image: string
  credentials: RegistryCredentials | undefined
  signal: AbortSignal
  fetch: typeof fetch
}

function placeOf(image: string): { repository: Repository; reference: string } {
  const { full, registry, repository } = parseImageName(image)
  const path = repository.startsWith(`${registry}/`) ? repository.slice(registry.length + 1) : repository
  const isShort = registry === 'docker.io' && !path.includes('/')
  const [tag = '', digest] = full.slice(repository.length).split('@')
  return { repository: { registry, path: isShort ? `library/${path}` : path }, reference: digest ?? tag.slice(1) }
}

/** What suits this machine, of an image for several. */
function chosen({ manifests = [] }: Index): Descriptor {
  const own = ownArchitecture()
  const found = manifests.find(({ platform }) => platform?.os === 'linux' && platform.architecture === own)
  if (!found) throw new RuntimeError('other', `no match for platform in manifest: linux/${own}`)
  return found
}

async function readManifest(client: RegistryClient, reference: string) {
  const { bytes, digest } = await client.manifest(reference, [...indexTypes, ...manifestTypes])
  const content = JSON.parse(bytes.toString()) as Index & Manifest
  if (!content.manifests) return { manifest: content, digest }
  const inner = await client.manifest(chosen(content).digest, manifestTypes)
  return { manifest: JSON.parse(inner.bytes.toString()) as Manifest, digest }
}

/** Files in that directory, the lowest first. */
async function download(client: RegistryClient, layers: readonly Descriptor[], directory: string): Promise<string[]> {
  const files = layers.map((_, i) => join(directory, String(i)))
  const waiting = layers.entries()
  const work = async () => {
    for (const [i, layer] of waiting) await pipeline(client.blobChunks(layer), createWriteStream(files[i]!))
  }
  await Promise.all(Array.from({ length: parallelDownloads }, work))
  return files
}

/** Rejects with a RuntimeError; nothing of a broken download stays. */
export async function pullImage(images: ImageStore, request: PullRequest): Promise<StoredImage> {
  const { repository, reference } = placeOf(request.image)
  const client = new RegistryClient({ ...request, repository })
  const { manifest, digest } = await readManifest(client, reference)
  const { config: described, layers } = manifest
  if (!described || !layers) throw new RuntimeError('other', `${request.image} is no image of a known form`)
  if (layers.some(({ urls }) => urls?.length)) throw new RuntimeError('other', 'a layer is not in the registry')
  const { config = {} } = JSON.parse((await client.blob(described)).toString()) as { config?: ImageConfig }
  const { full, repository: name } = parseImageName(request.image)
  const image = { id: described.digest, tags: full.includes('@') ? [] : [full], digests: [`${name}@${digest}`], config }
  return images.add(image, async root => {
    const directory = await mkdtemp(join(root, '..', 'layers-'))
    try {
      for (const file of await download(client, layers, directory)) await unpackLayer(createReadStream(file), root)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
}
