/** Checks of what a container mounts: volumeMounts and volumeDevices. */
import {
  type FieldError,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
} from '../../../machinery/field-error.js'
import type { Container, EphemeralContainer, Volume, VolumeDevice, VolumeMount } from '../../generated/core-v1.js'
import { validateLocalDescendingPath } from './volumes/paths.js'

type AnyContainer = Container | EphemeralContainer

const propagationModes = ['Bidirectional', 'HostToContainer', 'None'] as const
const recursiveReadOnlyModes = ['Disabled', 'Enabled', 'IfPossible'] as const

function* validatePropagation(mode: string, container: AnyContainer, path: string): Generator<FieldError> {
  if (!propagationModes.includes(mode as never)) yield notSupported(path, mode, propagationModes)
  if (mode === 'Bidirectional' && !container.securityContext?.privileged)
    yield forbidden(path, 'Bidirectional mount propagation is available only to privileged containers')
}

function* validateRecursiveReadOnly(mount: VolumeMount, path: string): Generator<FieldError> {
  const { recursiveReadOnly: mode, readOnly, mountPropagation } = mount
  if (mode === undefined || mode === 'Disabled') return
  if (!recursiveReadOnlyModes.includes(mode as never)) {
    yield notSupported(path, mode, recursiveReadOnlyModes)
    return
  }
  if (!readOnly) yield forbidden(path, 'may only be specified when readOnly is true')
  if (mountPropagation !== undefined && mountPropagation !== 'None')
    yield forbidden(path, 'may only be specified when mountPropagation is None or not specified')
}

/** Paths of sub-fields name the list, not the entry: so does upstream. */
function* validateSubPaths(mount: VolumeMount, path: string, at: string): Generator<FieldError> {
  const { subPath, subPathExpr } = mount
  if (subPath) yield* validateLocalDescendingPath(subPath, `${path}.subPath`)
  if (!subPathExpr) return
  if (subPath) yield invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')
  yield* validateLocalDescendingPath(subPathExpr, `${path}.subPathExpr`)
}

/** A container's volumeMounts; `volumes` are the pod's valid ones. */
export function* validateVolumeMounts(
  container: AnyContainer,
  volumes: ReadonlyMap<string, Volume>,
  path: string,
): Generator<FieldError> {
  const { volumeMounts = [], volumeDevices = [] } = container
  const devices = new Map(volumeDevices.map(device => [device.name, device.devicePath]))
  const devicePaths = new Set(devices.values())
  const taken = new Set<string>()
  for (const [i, mount] of volumeMounts.entries()) {
    const at = `${path}[${i}]`
    const { name = '', mountPath = '' } = mount
    if (!name) yield required(`${at}.name`)
    if (!volumes.has(name)) yield notFoundValue(`${at}.name`, name)
    if (!mountPath) yield required(`${at}.mountPath`)
    if (taken.has(mountPath)) yield invalid(`${at}.mountPath`, mountPath, 'must be unique')
    taken.add(mountPath)
    if (devices.has(name)) yield invalid(`${at}.name`, name, 'must not already exist in volumeDevices')
    if (devicePaths.has(mountPath))
      yield invalid(`${at}.mountPath`, mountPath, 'must not already exist as a path in volumeDevices')
    yield* validateSubPaths(mount, path, at)
    if (mount.mountPropagation !== undefined)
      yield* validatePropagation(mount.mountPropagation, container, `${path}.mountPropagation`)
    yield* validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`)
  }
}

function* validateDeviceVolume(name: string, volume: Volume | undefined, path: string): Generator<FieldError> {
  if (!volume) yield notFoundValue(path, name)
  else if (!volume.persistentVolumeClaim && !volume.ephemeral)
    yield invalid(path, name, 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode')
}

function* validateDevicePath(devicePath: string, taken: Set<string>, path: string): Generator<FieldError> {
  if (!devicePath) yield required(path)
  if (taken.has(devicePath)) yield invalid(path, devicePath, 'must be unique')
  if (devicePath.split('/').includes('..')) yield invalid(path, devicePath, "can not contain backsteps ('..')")
  else taken.add(devicePath)
}

/** A container's volumeDevices. */
export function* validateVolumeDevices(
  { volumeMounts = [], volumeDevices = [] }: { volumeMounts?: VolumeMount[]; volumeDevices?: VolumeDevice[] },
  volumes: ReadonlyMap<string, Volume>,
  path: string,
): Generator<FieldError> {
  const mounts = new Map(volumeMounts.map(mount => [mount.name, mount.mountPath]))
  const mountPaths = new Set(mounts.values())
  const names = new Set<string>()
  const paths = new Set<string>()
  for (const [i, { name = '', devicePath = '' }] of volumeDevices.entries()) {
    const at = `${path}[${i}]`
    if (!name) yield required(`${at}.name`)
    if (names.has(name)) yield invalid(`${at}.name`, name, 'must be unique')
    yield* validateDeviceVolume(name, volumes.get(name), `${at}.name`)
    yield* validateDevicePath(devicePath, paths, `${at}.devicePath`)
    if (mounts.has(name)) yield invalid(`${at}.name`, name, 'must not already exist in volumeMounts')
    if (mountPaths.has(devicePath))
      yield invalid(`${at}.devicePath`, devicePath, 'must not already exist as a path in volumeMounts')
    if (name) names.add(name)
  }
}
