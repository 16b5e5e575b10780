/** `minik8s image load`. */
import { access } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ImageStore } from '../../kubelet/runtime/process/image-store.js'
import { isRuntimeError } from '../../kubelet/runtime/runtime.js'
import { readRuntimeChoice } from '../cluster/runtime-choice.js'
import { processImages } from '../cluster/runtimes.js'
import type { Command } from '../command.js'
import { resolveDataDir } from '../configuration.js'
import { dataDirFlags, formatFlags, parseFlags, UsageError } from '../flags.js'
import { UserError } from '../user-error.js'

const isFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Brings one to where pods find it. Resolves with a sentence on what was done. */
type Loader = (source: { file: string } | { name: string }) => Promise<string>

const loadIntoDocker: Loader = async source => {
  const { ensureImage, loadArchive } = await import('../../kubelet/runtime/docker/load-image.js')
  if ('file' in source) return `loaded ${(await loadArchive(source.file)).join(', ')}`
  const { name } = source
  return (await ensureImage(name)) ? `pulled ${name}` : `${name} is in Docker already: pods use it as it is`
}

/** With what the user is logged in with, else as a stranger. */
async function pullInto(images: ImageStore, image: string): Promise<void> {
  const { pullImage } = await import('../../kubelet/runtime/process/registry/pull-image.js')
  const { userCredentials } = await import('../../kubelet/images/docker-config.js')
  const { parseImageName } = await import('../../kubelet/images/image-name.js')
  const known = await userCredentials(parseImageName(image), process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'))
  const { signal } = new AbortController()
  let failure: unknown
  for (const credentials of [...known, undefined]) {
    try {
      await pullImage(images, { image, credentials, signal, fetch })
      return
    } catch (error) {
      failure = error
    }
  }
  throw failure
}

const loadIntoDirectory =
  (dataDir: string): Loader =>
  async source => {
    const images = await processImages(dataDir)
    if ('file' in source) {
      const stored = await images.load(source.file)
      return `loaded ${stored.map(({ id, tags }) => tags.join(', ') || id).join(', ')}`
    }
    const { name } = source
    if (await images.find(name)) return `${name} is there already`
    await pullInto(images, name)
    return `pulled ${name}`
  }

async function sourceOf(text: string): Promise<Parameters<Loader>[0]> {
  if (await isFile(text)) return { file: resolve(text) }
  if (text.startsWith('/') || text.startsWith('./') || text.endsWith('.tar'))
    throw new UserError(`there is no file ${text}`)
  const { parseImageName } = await import('../../kubelet/images/image-name.js')
  return { name: parseImageName(text).full }
}

/** To what runs the cluster's containers, or will by default. */
async function load(text: string, dataDir: string): Promise<string> {
  const source = await sourceOf(text)
  const choice = await readRuntimeChoice(dataDir)
  if (choice === 'process') return loadIntoDirectory(dataDir)(source)
  return loadIntoDocker(source).catch(error => {
    if (choice || !isRuntimeError(error, 'unavailable')) throw error
    return loadIntoDirectory(dataDir)(source)
  })
}

/** Words that are no flags, which the parser of flags does not take. */
function splitArguments(args: readonly string[]): { words: string[]; flags: string[] } {
  const words: string[] = []
  const flags: string[] = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!
    if (!arg.startsWith('-')) words.push(arg)
    else flags.push(arg, ...(arg === '--data-dir' && i + 1 < args.length ? [args[++i]!] : []))
  }
  return { words, flags }
}

export const command: Command = {
  summary: 'bring images to where pods find them',
  help: `Usage: minik8s image load FILE|NAME... [FLAGS]

FILE is an image as \`docker save\` writes it, or an OCI archive. NAME is pulled by Docker, unless it is there already.
Images that are in Docker need no loading: pods use them as they are. Where pods run without Docker, images are unpacked
into the data directory, and NAME is pulled from its registry.

${formatFlags(dataDirFlags)}
`,
  async run(args) {
    const { words, flags } = splitArguments(args)
    const [verb, ...sources] = words
    const given = parseFlags(flags, dataDirFlags)
    if (verb !== 'load' || sources.length === 0)
      throw new UsageError('say what to load: `minik8s image load FILE|NAME`')
    const dataDir = resolveDataDir(given['data-dir'], process.env)
    for (const source of sources) {
      const done = await load(source, dataDir).catch((error: Error) => {
        throw error instanceof UserError ? error : new UserError(`cannot load ${source}: ${error.message}`)
      })
      process.stdout.write(`${done}\n`)
    }
    return 0
  },
}
