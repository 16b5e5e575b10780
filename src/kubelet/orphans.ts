/** Removes what the runtime and the disk have of pods that no longer exist: deleted while no kubelet was looking. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '../telemetry/logger.js'
import type { RemoveFiles } from './remove-files.js'
import type { Runtime } from './runtime/runtime.js'
import type { ContainerStatus, PodRef } from './runtime/types.js'
import type { RuntimeCache } from './runtime-cache.js'
import { graceAnnotation } from './termination-message.js'

export interface OrphanDeps {
  runtime: Runtime
  cache: RuntimeCache
  log: Logger
  podsDirectory: string
  removeFiles: RemoveFiles
  isKnown(podUid: string): boolean
}

const defaultGraceSeconds = 30

const graceOf = ({ annotations }: ContainerStatus) => Number(annotations[graceAnnotation] ?? defaultGraceSeconds)

async function removePod({ runtime, cache, log, podsDirectory, removeFiles }: OrphanDeps, pod: PodRef): Promise<void> {
  log.info({ pod: pod.name, namespace: pod.namespace, uid: pod.uid }, 'Removing a pod that no longer exists')
  const { containers, sandboxes } = cache.state(pod.uid)
  await Promise.all(
    containers.filter(({ state }) => state === 'running').map(c => runtime.stopContainer(c.id, graceOf(c))),
  )
  for (const { id } of [...containers, ...sandboxes]) {
    await runtime.removeContainer(id)
    await cache.refresh(id)
  }
  await runtime.removeMemoryVolumes(pod)
  await removeFiles(join(podsDirectory, pod.uid))
}

/** To be called once every pod that exists is known. */
export async function removeOrphans(deps: OrphanDeps): Promise<void> {
  const pods = deps.cache.pods().filter(({ uid }) => !deps.isKnown(uid))
  await Promise.all(
    pods.map(pod =>
      removePod(deps, pod).catch(error =>
        deps.log.warn({ uid: pod.uid, error: String(error) }, 'Could not remove a pod that no longer exists'),
      ),
    ),
  )
  const present = new Set(deps.cache.pods().map(({ uid }) => uid))
  for (const uid of await readdir(deps.podsDirectory).catch(() => []))
    if (!deps.isKnown(uid) && !present.has(uid)) await deps.removeFiles(join(deps.podsDirectory, uid)).catch(() => {})
}
