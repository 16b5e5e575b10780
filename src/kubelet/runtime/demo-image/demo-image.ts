/** The image that is built in: assembled from the Node that runs, so that there is something to run where nothing can be pulled. */
import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { RuntimeError } from '../runtime.js'
import { demoPort, demoServer } from './demo-server.js'
import { nodeFiles } from './node-files.js'

export const demoImageName = 'minik8s/demo:latest'

/** Whether a pod that names this means ours. */
export const isDemoImage = (image: string): boolean =>
  ['', 'docker.io/'].some(prefix => image === `${prefix}minik8s/demo` || image === `${prefix}${demoImageName}`)

/** A file of the image: a copy of one on this machine, or what is given. */
export type DemoFile = { path: string; mode: number } & ({ copyOf: string; size: number } | { text: string })

export interface DemoImage {
  /** Another one for another Node, or another server. */
  digest: string
  /** Outer ones first. */
  directories: readonly { path: string; mode: number }[]
  files: readonly DemoFile[]
  /** As an image's configuration has it. */
  config: {
    Env: readonly string[]
    Cmd: readonly string[]
    User: string
    WorkingDir: string
    ExposedPorts: Readonly<Record<string, object>>
  }
}

const nodePath = '/usr/local/bin/node'
const serverPath = '/demo/server.js'
const nobody = '65534'
const users = `root:x:0:0:root:/:/sbin/nologin\nnobody:x:${nobody}:${nobody}:nobody:/:/sbin/nologin\n`
const groups = `root:x:0:\nnobody:x:${nobody}:\n`

function directoriesOf(paths: readonly string[]): { path: string; mode: number }[] {
  const all = new Set<string>()
  for (const path of paths) for (let at = dirname(path); at !== '/'; at = dirname(at)) all.add(at)
  return [...[...all].sort().map(path => ({ path, mode: 0o755 })), { path: '/tmp', mode: 0o1777 }]
}

async function copied(path: string, copyOf: string): Promise<DemoFile & { changed: number }> {
  const { size, mtimeMs } = await stat(copyOf)
  return { path, mode: 0o755, copyOf, size, changed: mtimeMs }
}

/** Rejects where the Node that runs is not for Linux: there is none to put in. */
export async function describeDemoImage(): Promise<DemoImage> {
  if (process.platform !== 'linux')
    throw new RuntimeError('other', `${demoImageName} is made of the Node that runs, which must be one for Linux`)
  const { program, libraries } = await nodeFiles()
  const copies = await Promise.all([copied(nodePath, program), ...libraries.map(path => copied(path, path))])
  const libraryPath = [...new Set(libraries.map(dirname))].join(':')
  const files: DemoFile[] = [
    ...copies,
    { path: serverPath, mode: 0o644, text: demoServer },
    { path: '/etc/passwd', mode: 0o644, text: users },
    { path: '/etc/group', mode: 0o644, text: groups },
  ]
  const config = {
    Env: [
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      // The loader's own list of places holds for the system that it comes from.
      ...(libraryPath ? [`LD_LIBRARY_PATH=${libraryPath}`] : []),
    ],
    Cmd: ['node', serverPath],
    User: nobody,
    WorkingDir: '/',
    ExposedPorts: { [`${demoPort}/tcp`]: {} },
  }
  const digest = createHash('sha256').update(JSON.stringify({ files, config })).digest('hex')
  return { digest, directories: directoriesOf(files.map(({ path }) => path)), files, config }
}
