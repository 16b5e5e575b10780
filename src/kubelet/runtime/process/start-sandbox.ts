/** Brings a sandbox up: its namespaces, its address, its shared memory. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../runtime.js'
import type { ContainerStatus, SandboxConfig } from '../types.js'
import { sandboxLauncher } from './launch-sandbox.js'
import type { ProcessHost } from './process-host.js'
import type { RunningContainer } from './running-container.js'

/** Docker's size of /dev/shm. */
const defaultSharedMemory = 64 * 1024 * 1024
export const sharedMemoryName = 'shm'

async function plug(host: ProcessHost, sandbox: RunningContainer, config: SandboxConfig): Promise<void> {
  const { pod, portMappings, bandwidth, podCidrs } = config
  const namespace = `/proc/${sandbox.pid}/ns/net`
  const ips = await host.network.add({
    id: sandbox.id,
    pod,
    namespace,
    portMappings,
    ...(podCidrs && { podCidrs }),
    ...(bandwidth && { bandwidth }),
  })
  await sandbox.addressed(ips)
}

/** Rejects when it could not start; it is removed then. */
export async function startSandbox(
  host: ProcessHost,
  sandbox: RunningContainer,
  config: SandboxConfig,
): Promise<ContainerStatus> {
  try {
    await writeFile(join(sandbox.directory, 'hostname'), `${config.hostname}\n`)
    const shared = { mode: 0o1777, sizeBytes: config.shmSizeBytes ?? defaultSharedMemory }
    if (config.namespaces.ipc === 'pod') await host.memory.ensure(sandbox.id, sharedMemoryName, shared)
    const launcher = sandboxLauncher(sandbox.directory, join(host.directory, 'pause'), config)
    await sandbox.start(launcher, ([failure]) => `${failure?.what ?? 'start'}: ${failure?.code ?? 'failed'}`)
    if (config.namespaces.network === 'pod') await plug(host, sandbox, config)
    return sandbox.status
  } catch (error) {
    await sandbox.remove().catch(() => {})
    throw error instanceof RuntimeError ? error : new RuntimeError('other', (error as Error).message)
  }
}
