/** How the paths of subPaths are mounted beside this daemon: by us where we are root, else in a container that enters our mount namespace. */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type Docker from 'dockerode'
import type { Logger } from '../../../telemetry/logger.js'
import type { Launcher } from '../process/kernel/launcher.js'
import { ownArchitecture, runLauncher } from '../process/kernel/run-launcher.js'
import { asking, askingOnce } from './errors.js'
import { newHostPrograms } from './host-programs.js'
import { labelNames } from './labels.js'
import { type SubPathDeps, SubPathMounts } from './sub-path-mounts.js'

export interface SubPathPlace {
  cluster: string
  pauseImage: string
  /** Where executables are put; absent: the daemon follows paths itself. */
  programs?: string
  log: Logger
}

/** A file that we mounted is larger than what it was mounted upon: nothing. */
async function isSeenBy(docker: Docker, { cluster, pauseImage }: SubPathPlace, path: string): Promise<boolean> {
  const target = '/seen'
  const container = await asking(
    docker.createContainer({
      Image: pauseImage,
      Labels: { [labelNames.cluster]: cluster },
      HostConfig: { Mounts: [{ Type: 'bind', Source: path, Target: target, ReadOnly: true }] },
    }),
  )
  try {
    const answer = (await asking(container.infoArchive({ path: target }))) as unknown as NodeJS.ReadableStream & {
      headers: Record<string, string | undefined>
    }
    answer.resume()
    const told = answer.headers['x-docker-container-path-stat'] ?? ''
    return JSON.parse(Buffer.from(told, 'base64').toString()).size > 0
  } finally {
    await askingOnce(container.remove({ force: true }))
  }
}

/** Each in a container of its own: there is seldom more than one at a time. */
function runInContainer(docker: Docker, place: SubPathPlace, directory: string): SubPathDeps['run'] {
  let last: Promise<unknown> = Promise.resolve()
  let sequence = 0
  const run = async (launcher: Launcher) => {
    const { cluster, pauseImage } = place
    const options = { cluster, pauseImage, name: 'mounts', directory, entersNamespaces: true, atEnd: '' }
    const programs = newHostPrograms(docker, options)
    const file = join(directory, `mount-${process.pid}-${++sequence}`)
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await writeFile(file, launcher.file(ownArchitecture()), { mode: 0o700 })
    try {
      await programs.run(file, [])
    } finally {
      await programs.stop()
      await rm(file, { force: true })
    }
  }
  return launcher => {
    const result = last.then(() => run(launcher))
    last = result.catch(() => {})
    return result
  }
}

export function openSubPathMounts(docker: Docker, place: SubPathPlace): SubPathMounts {
  const { programs, log } = place
  if (!programs) return new SubPathMounts(undefined)
  const isRoot = process.getuid?.() === 0
  const runHere = async (launcher: Launcher) => {
    await mkdir(programs, { recursive: true, mode: 0o700 })
    return runLauncher(launcher, programs)
  }
  return new SubPathMounts({
    run: isRoot ? runHere : runInContainer(docker, place, programs),
    ...(!isRoot && { enter: process.pid }),
    isSeen: path => isSeenBy(docker, place, path),
    log,
  })
}
