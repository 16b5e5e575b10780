/** Makes the pause image out of our own program and imports it: nothing is ever pulled for it. */
import type Docker from 'dockerode'
import { pauseProgram } from '../pause-program.js'
import { RuntimeError } from '../runtime.js'
import { asking } from './errors.js'

const repository = 'minik8s/pause'
/** Raised when the program changes. */
const tag = '1'
export const pauseImage = `${repository}:${tag}`

async function archiveOf(program: Buffer): Promise<Buffer> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  archive.entry({ name: 'pause', mode: 0o755, mtime: new Date(0) }, program)
  archive.finalize()
  const chunks: Buffer[] = []
  for await (const chunk of archive) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function isPresent(docker: Docker): Promise<boolean> {
  return docker
    .getImage(pauseImage)
    .inspect()
    .then(
      () => true,
      () => false,
    )
}

/** Imports the image unless it is there. Rejects on an architecture we have no program for. */
export async function ensurePauseImage(docker: Docker): Promise<string> {
  if (await isPresent(docker)) return pauseImage
  const { Arch } = await asking(docker.version())
  const program = pauseProgram(Arch)
  if (!program) throw new RuntimeError('other', `No pause program for the architecture ${Arch}`)
  const options = {
    fromSrc: '-',
    repo: repository,
    tag,
    changes: ['ENTRYPOINT ["/pause"]', 'LABEL io.minik8s.pause=1'],
  }
  const answer = await asking(docker.importImage((await archiveOf(program)) as unknown as string, options))
  for await (const _ of answer as unknown as AsyncIterable<Buffer>);
  if (!(await isPresent(docker))) throw new RuntimeError('other', 'Docker did not keep the imported pause image')
  return pauseImage
}
