/** Starts the main process of a container that was created. */
import { cp, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../runtime.js'
import type { ContainerConfig } from '../types.js'
import { boundPaths } from './bound-paths.js'
import { capabilitiesOf } from './capabilities.js'
import type { BoundPath, RootSource } from './enter-root.js'
import type { CallFailure } from './kernel/launcher.js'
import { type ContainerLaunch, containerLauncher } from './launch-container.js'
import { type Privileges, programFailure } from './launch-user.js'
import type { ProcessHost } from './process-host.js'
import type { ResolvedContainer } from './record.js'
import { resolveContainer } from './resolve-container.js'
import type { RunningContainer } from './running-container.js'
import { sharedMemoryName } from './start-sandbox.js'

const cannotStart = 'failed to create shim task: unable to start container process: error during container init: '

async function rootSource(host: ProcessHost, container: RunningContainer, imageRoot: string): Promise<RootSource> {
  if (host.overlay) {
    const [upper, work] = await Promise.all([container.emptyDirectory('upper'), container.emptyDirectory('work')])
    return { lower: imageRoot, upper, work }
  }
  const directory = join(container.directory, 'copy')
  await cp(imageRoot, directory, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  return { directory }
}

/** Device files of this machine, which privileged containers have all of. */
async function deviceFiles(directory = '/dev'): Promise<{ path: string; block: boolean; number: number }[]> {
  const found: { path: string; block: boolean; number: number }[] = []
  for (const entry of await readdir(directory, { withFileTypes: true }).catch(() => [])) {
    const path = join(directory, entry.name)
    if (entry.isDirectory() && !['pts', 'shm', 'mqueue'].includes(entry.name)) found.push(...(await deviceFiles(path)))
    if (!entry.isCharacterDevice() && !entry.isBlockDevice()) continue
    const { rdev } = await stat(path)
    found.push({ path, block: entry.isBlockDevice(), number: rdev })
  }
  return found
}

/** What a process of the container may do, the commands executed in it included. */
export function privilegesOf(host: ProcessHost, config: ContainerConfig, resolved: ResolvedContainer): Privileges {
  const { security } = config
  return {
    identity: resolved.identity,
    // No rule keeps device files that a container makes in bounds.
    capabilities: capabilitiesOf(security, { held: host.capabilities, withheld: ['MKNOD'] }),
    noNewPrivileges: security.noNewPrivileges,
    filtered: security.seccomp === 'runtime/default' && !security.privileged,
  }
}

/** Hierarchies of their own are shown as engines show them: each below its name. */
const groupPaths = (host: ProcessHost, id: string): BoundPath[] =>
  host.groups.separateDirectories(id).map(({ name, path }) => ({
    source: path,
    target: `/sys/fs/cgroup/${name}`,
    isDirectory: true,
    readOnly: true,
  }))

/** What the runtime itself mounts, unless the spec mounts something there. */
async function ownMounts(host: ProcessHost, sandbox: RunningContainer, config: ContainerConfig): Promise<BoundPath[]> {
  const { pod } = sandbox.status
  const given = await boundPaths(config.mounts, name => host.memory.pathOf(pod.uid, name))
  const shared = config.namespaces.ipc === 'pod' ? host.memory.pathOf(sandbox.id, sharedMemoryName) : '/dev/shm'
  const own: BoundPath[] = [
    { source: shared, target: '/dev/shm', isDirectory: true, readOnly: false },
    { source: join(sandbox.directory, 'hostname'), target: '/etc/hostname', isDirectory: false, readOnly: false },
  ]
  const taken = new Set(given.map(({ target }) => target))
  return [...own.filter(({ target }) => !taken.has(target)), ...given]
}

function joined(host: ProcessHost, sandbox: RunningContainer, config: ContainerConfig): ContainerLaunch['join'] {
  const { network, ipc, pid } = config.namespaces
  const target = config.pidTarget ? host.containers.get(config.pidTarget)?.pid : undefined
  if (config.pidTarget && !target)
    throw new RuntimeError('other', 'the container whose processes it should share does not run')
  return [
    { pid: sandbox.pid, namespace: 'uts' },
    ...(network === 'pod' ? ([{ pid: sandbox.pid, namespace: 'net' }] as const) : []),
    ...(ipc === 'pod' ? ([{ pid: sandbox.pid, namespace: 'ipc' }] as const) : []),
    ...(target || pid === 'pod' ? ([{ pid: target ?? sandbox.pid, namespace: 'pid' }] as const) : []),
  ]
}

const knownSeccomp = ['unconfined', 'runtime/default']

const explain = (name: string) => (failures: readonly CallFailure[], all: readonly CallFailure[]) => {
  const [failure] = failures
  return `${cannotStart}${failure ? `${failure.what}: ${failure.code}` : programFailure(name, all)}`
}

/** Rejects with kind `cannot-run` when the command cannot be started. */
export async function startContainer(
  host: ProcessHost,
  container: RunningContainer,
  { sandbox, config }: { sandbox: RunningContainer; config: ContainerConfig },
): Promise<void> {
  const { security } = config
  if (!knownSeccomp.includes(security.seccomp)) {
    const message = 'the process runtime applies no seccomp profile but its own: use RuntimeDefault or Unconfined'
    await container.failed(message)
    throw new RuntimeError('cannot-run', message)
  }
  const image = await host.images.find(config.imageId)
  if (!image) throw new RuntimeError('image-missing', `No such image: ${config.image}`)
  const imageRoot = host.images.rootOf(image.id)
  const groups = await host.groups.create(container.id, config.resources)
  const resolved = await resolveContainer({
    config,
    image: image.config,
    root: imageRoot,
    hostname: sandbox.record.sandbox?.hostname ?? '',
    groups,
  }).catch(async error => {
    await container.failed((error as Error).message)
    throw error
  })
  const launcher = containerLauncher({
    directory: container.directory,
    join: joined(host, sandbox, config),
    ownProcesses: config.namespaces.pid === 'container' && !config.pidTarget,
    root: {
      at: await container.emptyDirectory('root'),
      source: await rootSource(host, container, imageRoot),
      binds: await ownMounts(host, sandbox, config),
      groups: groupPaths(host, container.id),
      devices: security.privileged ? await deviceFiles() : [],
      readOnly: security.readOnlyRootFilesystem,
      masked: !security.privileged && !security.unmaskedProc,
    },
    streams: { stdin: config.stdin, stdinOnce: config.stdinOnce, tty: config.tty },
    program: resolved,
    privileges: privilegesOf(host, config, resolved),
    groups,
    ownGroups: host.groups.unified,
    oomScoreAdj: config.resources.oomScoreAdj,
  })
  await container.start(launcher, explain(resolved.argv[0]!), { resolved })
}
