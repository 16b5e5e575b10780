/** Brings the built-in image into Docker by an import: nothing is downloaded for it. */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type Docker from 'dockerode'
import type { Pack } from 'tar-stream'
import { type DemoImage, demoImageName, describeDemoImage } from '../demo-image/demo-image.js'
import { RuntimeError } from '../runtime.js'
import { asking, askingOnce } from './errors.js'

const [repository = '', tag = ''] = demoImageName.split(':')
const digestLabel = 'io.minik8s.demo'
/** Docker's names for the architectures that Node has other names for. */
const architectures: Readonly<Record<string, string>> = { x64: 'amd64' }
/** The image is the same whenever it is made. */
const mtime = new Date(0)

const inspect = (docker: Docker) =>
  docker
    .getImage(demoImageName)
    .inspect()
    .catch(() => undefined)

async function fill(archive: Pack, { directories, files }: DemoImage): Promise<void> {
  for (const { path, mode } of directories) archive.entry({ name: path.slice(1), type: 'directory', mode, mtime })
  for (const file of files) {
    const header = { name: file.path.slice(1), mode: file.mode, mtime }
    if ('text' in file) archive.entry(header, file.text)
    else await pipeline(createReadStream(file.copyOf), archive.entry({ ...header, size: file.size }))
  }
  archive.finalize()
}

/** As a Dockerfile has it. */
const changesOf = ({ digest, config }: DemoImage): string[] => [
  ...config.Env.map(pair => `ENV ${pair}`),
  `CMD ${JSON.stringify(config.Cmd)}`,
  `USER ${config.User}`,
  `WORKDIR ${config.WorkingDir}`,
  ...Object.keys(config.ExposedPorts).map(port => `EXPOSE ${port}`),
  `LABEL ${digestLabel}=${digest}`,
]

async function importImage(docker: Docker, image: DemoImage): Promise<void> {
  const { pack } = await import('tar-stream')
  const archive = pack()
  const filling = fill(archive, image)
  const options = { fromSrc: '-', repo: repository, tag, changes: changesOf(image) }
  const answer = await asking(docker.importImage(archive as unknown as string, options))
  for await (const _ of answer as unknown as AsyncIterable<Buffer>);
  await filling
}

/** Does nothing where it is there already. Rejects where Docker cannot run the Node that this process runs. */
export async function ensureDemoImage(docker: Docker): Promise<void> {
  const image = await describeDemoImage()
  const present = await inspect(docker)
  if (present?.Config.Labels?.[digestLabel] === image.digest) return
  const { Os, Arch } = await asking(docker.version())
  const own = architectures[process.arch] ?? process.arch
  if (Os !== 'linux' || Arch !== own)
    throw new RuntimeError('other', `${demoImageName} is made of this Node for linux/${own}, Docker is ${Os}/${Arch}`)
  await importImage(docker, image)
  if (!(await inspect(docker))) throw new RuntimeError('other', `Docker did not keep ${demoImageName}`)
  // Of another Node; containers may still use it.
  if (present) await askingOnce(docker.getImage(present.Id).remove()).catch(() => {})
}
