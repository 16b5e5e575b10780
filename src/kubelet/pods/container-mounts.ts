/** The mounts of a container: its volumes, and the files that the kubelet manages. */
import type { Pod, VolumeMount } from '../../apis/generated/core-v1.js'
import { expandVariables } from '../env/expand.js'
import type { EnvVar, Mount, MountSource } from '../runtime/types.js'
import type { MountedVolume } from '../volumes/pod-volumes.js'
import { checkSubPath, resolveSubPath } from '../volumes/sub-path.js'
import type { AnyContainer } from './pod.js'
import type { PodFiles } from './pod-files.js'

const propagations: Record<string, Mount['propagation']> = {
  None: 'private',
  HostToContainer: 'rslave',
  Bidirectional: 'rshared',
}

export interface MountInput {
  pod: Pod
  container: AnyContainer
  volumes: ReadonlyMap<string, MountedVolume>
  env: readonly EnvVar[]
  files: PodFiles
  terminationFile: string
  /** Path of a memory volume on the host, once the sandbox holds it. */
  memoryPath(volume: string): Promise<string>
}

/** `subPathExpr` with the container's variables; an unknown one is an error here. */
function subPathOf({ subPath = '', subPathExpr }: VolumeMount, env: readonly EnvVar[]): string {
  if (!subPathExpr) return subPath
  const variables = new Map(env.map(({ name, value }) => [name, value]))
  return expandVariables(subPathExpr, variables, name => {
    throw new Error(`missing value for "${name}"`)
  })
}

async function volumeMount(mount: VolumeMount, input: MountInput): Promise<Mount> {
  const { container, volumes, env } = input
  const volume = volumes.get(mount.name)
  if (!volume) throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
  const subPath = subPathOf(mount, env)
  let source: MountSource = volume.source
  if (subPath) {
    checkSubPath(subPath)
    const at = { volume: mount.name, container: container.name }
    const whole = 'memory' in source ? await input.memoryPath(source.memory) : source.hostPath
    source = await resolveSubPath(whole, subPath, at)
  }
  const propagation = propagations[mount.mountPropagation ?? 'None']
  return {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    source,
    readOnly: (mount.readOnly ?? false) || volume.readOnly,
    ...(propagation && { propagation }),
  }
}

/** Rejects with upstream's message where a volume cannot be mounted as wanted. */
export async function containerMounts(input: MountInput): Promise<Mount[]> {
  const { container, files, terminationFile } = input
  const mounts = await Promise.all((container.volumeMounts ?? []).map(mount => volumeMount(mount, input)))
  const taken = new Set(mounts.map(({ containerPath }) => containerPath))
  const managed: [string, string, boolean][] = [
    ['/etc/hosts', files.hosts, false],
    ['/etc/resolv.conf', files.resolvConf, false],
    [container.terminationMessagePath ?? '/dev/termination-log', terminationFile, false],
  ]
  for (const [containerPath, hostPath, readOnly] of managed)
    if (!taken.has(containerPath)) mounts.push({ containerPath, source: { hostPath }, readOnly })
  return mounts
}
