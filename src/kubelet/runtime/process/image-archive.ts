/** Reads a saved image: an archive as `docker save` writes it, or an OCI layout in a tar, gzipped or not. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { resolveInRoot } from './resolve-in-root.js'
import { unpackLayer } from './unpack-layer.js'

/** The part of an image's configuration that says how to run it. */
export interface ImageConfig {
  Env?: readonly string[] | null
  Entrypoint?: readonly string[] | null
  Cmd?: readonly string[] | null
  WorkingDir?: string
  User?: string
  StopSignal?: string
  Volumes?: Readonly<Record<string, unknown>> | null
}

export interface SavedImage {
  /** `sha256:` and the digest of the configuration. */
  id: string
  tags: readonly string[]
  config: ImageConfig
  architecture: string
  /** Files in the unpacked archive, the lowest first. */
  layers: readonly string[]
}

interface Manifest {
  Config: string
  RepoTags?: readonly string[] | null
  Layers: readonly string[]
}

interface Descriptor {
  digest: string
  mediaType?: string
  annotations?: Readonly<Record<string, string>>
  platform?: { architecture: string; os: string }
}

/** Archives hold their parts in any order, so the whole is unpacked before it is read. */
export async function unpackArchive(file: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  await unpackLayer(createReadStream(file), directory)
}

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T
const isAbsent = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'

/** Names inside an archive, and links there, lead nowhere outside. */
const inside = (directory: string, name: string) => resolveInRoot(directory, join('/', name))

async function readConfig(path: string) {
  const bytes = await readFile(path)
  const { config = {}, architecture = '' } = JSON.parse(bytes.toString('utf8')) as {
    config?: ImageConfig
    architecture?: string
  }
  return { id: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, config, architecture }
}

async function readDockerArchive(directory: string): Promise<SavedImage[]> {
  const manifests = await readJson<Manifest[]>(join(directory, 'manifest.json'))
  return Promise.all(
    manifests.map(async ({ Config, RepoTags, Layers }) => ({
      ...(await readConfig(await inside(directory, Config))),
      tags: RepoTags ?? [],
      layers: await Promise.all(Layers.map(name => inside(directory, name))),
    })),
  )
}

const blob = (directory: string, digest: string) => inside(directory, `blobs/${digest.replace(':', '/')}`)
const nameAnnotations = ['io.containerd.image.name', 'org.opencontainers.image.ref.name']
const architectures: Record<string, string> = { x64: 'amd64', arm64: 'arm64' }

/** As images name it. */
export const ownArchitecture = (): string => architectures[process.arch] ?? process.arch

/** An index may lead to further ones, by platform: only our own is of use. */
async function readDescriptor(
  directory: string,
  descriptor: Descriptor,
  tags: readonly string[],
): Promise<SavedImage[]> {
  const own = ownArchitecture()
  if (descriptor.platform && (descriptor.platform.os !== 'linux' || descriptor.platform.architecture !== own)) return []
  const name = nameAnnotations.map(key => descriptor.annotations?.[key]).find(Boolean)
  const names = name ? [name] : tags
  const content = await readJson<{ manifests?: Descriptor[]; config?: Descriptor; layers?: Descriptor[] }>(
    await blob(directory, descriptor.digest),
  )
  if (content.manifests) {
    const found = await Promise.all(content.manifests.map(inner => readDescriptor(directory, inner, names)))
    return found.flat()
  }
  if (!content.config || !content.layers) return []
  const layers = await Promise.all(content.layers.map(({ digest }) => blob(directory, digest)))
  return [{ ...(await readConfig(await blob(directory, content.config.digest))), tags: names, layers }]
}

async function readOciLayout(directory: string): Promise<SavedImage[]> {
  const { manifests } = await readJson<{ manifests: Descriptor[] }>(join(directory, 'index.json'))
  const found = await Promise.all(manifests.map(descriptor => readDescriptor(directory, descriptor, [])))
  return found.flat()
}

/** `directory`: what `unpackArchive` made. Rejects where it holds no image that this machine can run. */
export async function readImages(directory: string): Promise<SavedImage[]> {
  const images = await readDockerArchive(directory).catch(error => {
    if (!isAbsent(error)) throw error
    return readOciLayout(directory).catch(inner => {
      throw isAbsent(inner) ? new Error('it is no saved image: neither manifest.json nor index.json is in it') : inner
    })
  })
  const own = ownArchitecture()
  const usable = images.filter(({ architecture }) => !architecture || architecture === own)
  if (usable.length === 0) throw new Error(`it holds no image for linux/${own}`)
  return usable
}
