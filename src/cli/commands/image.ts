/** `minik8s image load`. */
import { access } from 'node:fs/promises'
import type { Command } from '../command.js'
import { UsageError } from '../flags.js'
import { UserError } from '../user-error.js'

const isFile = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )

/** Resolves with a sentence on what was done. */
async function load(source: string): Promise<string> {
  const [{ ensureImage, loadArchive }, { parseImageName }] = await Promise.all([
    import('../../kubelet/runtime/docker/load-image.js'),
    import('../../kubelet/images/image-name.js'),
  ])
  if (await isFile(source)) return `loaded ${(await loadArchive(source)).join(', ')}`
  if (source.startsWith('/') || source.startsWith('./') || source.endsWith('.tar'))
    throw new UserError(`there is no file ${source}`)
  const { full } = parseImageName(source)
  return (await ensureImage(full)) ? `pulled ${full}` : `${full} is in Docker already: pods use it as it is`
}

export const command: Command = {
  summary: 'bring images to where pods find them',
  help: `Usage: minik8s image load FILE|NAME...

FILE is an image as \`docker save\` writes it. NAME is pulled, unless it is there already. Images that are in Docker need
no loading: pods use them as they are.
`,
  async run([verb, ...sources]) {
    if (verb !== 'load' || sources.length === 0)
      throw new UsageError('say what to load: `minik8s image load FILE|NAME`')
    for (const source of sources) {
      const done = await load(source).catch((error: Error) => {
        throw error instanceof UserError ? error : new UserError(`cannot load ${source}: ${error.message}`)
      })
      process.stdout.write(`${done}\n`)
    }
    return 0
  },
}
