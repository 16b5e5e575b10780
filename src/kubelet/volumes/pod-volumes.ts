/** The volumes of one pod: makes them ready before its containers start, keeps them up to date, and removes them after. */
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '../../apis/generated/core-v1.js'
import { quantityValue } from '../../machinery/quantity.js'
import { refOf } from '../pods/pod.js'
import type { RemoveFiles } from '../remove-files.js'
import type { MemoryVolumeOptions, MountSource, PodRef } from '../runtime/types.js'
import { writeAtomically } from './atomic-writer.js'
import { ensureHostPath } from './host-path.js'
import { isOwnedBy, setOwnership } from './ownership.js'
import type { Payload } from './payload.js'
import { configMapPayload, downwardPayload, projectedPayload, type SourceContext, secretPayload } from './sources.js'

export interface MountedVolume {
  source: MountSource
  /** Whatever the mount says. */
  readOnly: boolean
}

export interface PodVolumesDeps {
  /** `<data-dir>/pods/<uid>/volumes`. */
  directory: string
  now(): number
  /** What the sources read, for the pod as it is now. */
  context(pod: Pod): SourceContext
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim>
  persistentVolume(name: string): Promise<PersistentVolume>
  removeFiles: RemoveFiles
  ensureMemoryVolume(pod: PodRef, name: string, options: MemoryVolumeOptions): Promise<void>
}

/** A volume that could not be made ready; the message is the event's. */
export class VolumeError extends Error {
  constructor(volume: string, cause: unknown) {
    super(`MountVolume.SetUp failed for volume "${volume}" : ${(cause as Error).message}`)
    this.name = 'VolumeError'
  }
}

const openMode = 0o777
const stickyMode = 0o1777
const setGroupMode = 0o2000

/** Names of the volumes that live in memory: the sandbox holds them, so that they outlive each container. */
export const memoryVolumesOf = ({ spec }: Pod): string[] =>
  (spec.volumes ?? []).filter(({ emptyDir }) => emptyDir?.medium === 'Memory').map(({ name }) => name)

const fsGroupOf = ({ spec }: Pod) => spec.securityContext?.fsGroup

export class PodVolumes {
  readonly #deps: PodVolumesDeps
  constructor(deps: PodVolumesDeps) {
    this.#deps = deps
  }

  /** By volume name. Safe to repeat: writes only what changed. Rejects with the first VolumeError. */
  async mount(pod: Pod): Promise<Map<string, MountedVolume>> {
    const volumes = pod.spec.volumes ?? []
    const mounted = await Promise.all(
      volumes.map(async volume => {
        try {
          return [volume.name, await this.#mountOne(pod, volume)] as const
        } catch (error) {
          throw new VolumeError(volume.name, error)
        }
      }),
    )
    return new Map(mounted)
  }

  /** Removes what the kubelet wrote; hostPaths and persistent volumes stay, and memory is freed as the containers go. */
  async unmount(): Promise<void> {
    await this.#deps.removeFiles(this.#deps.directory)
  }

  #mountOne(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { emptyDir, hostPath, configMap, secret, downwardAPI, projected, persistentVolumeClaim, ephemeral } = volume
    const context = () => this.#deps.context(pod)
    if (emptyDir) return this.#emptyDir(pod, volume.name, emptyDir)
    if (hostPath) return this.#hostPath(hostPath)
    if (configMap) return this.#files(pod, volume, 'configmap', configMapPayload(configMap, context()))
    if (secret) return this.#files(pod, volume, 'secret', secretPayload(secret, context()))
    if (downwardAPI) {
      const payload = downwardPayload(downwardAPI.items, downwardAPI.defaultMode, context())
      return this.#files(pod, volume, 'downward-api', Promise.resolve(payload))
    }
    if (projected) {
      const payload = projectedPayload(projected.sources ?? [], projected.defaultMode, context())
      return this.#files(pod, volume, 'projected', payload)
    }
    if (persistentVolumeClaim) return this.#claim(pod, persistentVolumeClaim.claimName, persistentVolumeClaim.readOnly)
    if (ephemeral) return this.#claim(pod, `${pod.metadata.name}-${volume.name}`, false)
    return Promise.reject(new Error('no volume plugin matched'))
  }

  #directory(plugin: string, name: string): string {
    return join(this.#deps.directory, `kubernetes.io~${plugin}`, name)
  }

  async #emptyDir(pod: Pod, name: string, { medium, sizeLimit }: NonNullable<Volume['emptyDir']>) {
    const gid = fsGroupOf(pod)
    if (medium === 'Memory') {
      const mode = stickyMode | (gid === undefined ? 0 : setGroupMode)
      const size = sizeLimit && quantityValue(sizeLimit)
      await this.#deps.ensureMemoryVolume(refOf(pod), name, {
        mode,
        ...(gid !== undefined && { gid }),
        ...(size && { sizeBytes: size }),
      })
      return { source: { memory: name }, readOnly: false }
    }
    if (medium) throw new Error(`unknown storage medium "${medium}"`)
    const directory = this.#directory('empty-dir', name)
    if (await this.#make(directory, openMode)) await this.#give(directory, pod, false)
    return { source: { hostPath: directory }, readOnly: false }
  }

  /** True when it was not there before. */
  async #make(directory: string, mode: number): Promise<boolean> {
    const created = await mkdir(directory, { recursive: true })
    if (created !== undefined) await chmod(directory, mode)
    return created !== undefined
  }

  async #give(path: string, pod: Pod, readOnly: boolean): Promise<void> {
    const gid = fsGroupOf(pod)
    if (gid !== undefined) await setOwnership(path, { gid, readOnly })
  }

  async #hostPath(source: NonNullable<Volume['hostPath']>): Promise<MountedVolume> {
    return { source: { hostPath: await ensureHostPath(source) }, readOnly: false }
  }

  async #files(pod: Pod, { name }: Volume, plugin: string, files: Promise<Payload>): Promise<MountedVolume> {
    const payload = await files
    const directory = this.#directory(plugin, name)
    if (await this.#make(directory, stickyMode)) await this.#give(directory, pod, true)
    await writeAtomically(directory, payload, {
      now: this.#deps.now(),
      prepare: fresh => this.#give(fresh, pod, true),
    })
    return { source: { hostPath: directory }, readOnly: true }
  }

  async #claim(pod: Pod, claimName: string, readOnly = false): Promise<MountedVolume> {
    const namespace = pod.metadata.namespace ?? ''
    const claim = await this.#deps.claim(namespace, claimName)
    if (claim.metadata.deletionTimestamp && !claim.metadata.finalizers?.length)
      throw new Error(`can't start pod because PVC ${claimName} is being deleted`)
    const volumeName = claim.spec?.volumeName
    if (claim.status?.phase !== 'Bound' || !volumeName) throw new Error(`PVC ${claimName} is not bound`)
    const { spec } = await this.#deps.persistentVolume(volumeName)
    if (spec?.claimRef?.uid !== claim.metadata.uid)
      throw new Error(`PV ${volumeName} is not bound to PVC ${namespace}/${claimName}`)
    const path = await this.#persistentPath(spec ?? {})
    const gid = fsGroupOf(pod)
    const always = pod.spec.securityContext?.fsGroupChangePolicy !== 'OnRootMismatch'
    // Upstream leaves hostPath volumes to their owner, and gives local ones to the pod's group.
    if (spec?.local && gid !== undefined && !readOnly && (always || !(await isOwnedBy(path, { gid, readOnly }))))
      await setOwnership(path, { gid, readOnly })
    return { source: { hostPath: path }, readOnly }
  }

  #persistentPath({ hostPath, local }: NonNullable<PersistentVolume['spec']>): Promise<string> {
    if (hostPath) return ensureHostPath(hostPath)
    if (local) return ensureHostPath({ path: local.path, type: 'Directory' })
    throw new Error('no volume plugin matched')
  }
}
