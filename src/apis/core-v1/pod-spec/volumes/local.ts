/** Checks of volumes that live on the node itself: hostPath, local, emptyDir, gitRepo. */
import { type FieldError, forbidden, notSupported, required } from '../../../../machinery/field-error.js'
import { compareQuantity } from '../../../../machinery/quantity.js'
import type {
  EmptyDirVolumeSource,
  GitRepoVolumeSource,
  HostPathVolumeSource,
  LocalVolumeSource,
} from '../../../generated/core-v1.js'
import { validateLocalDescendingPath, validateNoBacksteps } from './paths.js'

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
] as const

export function* validateHostPath({ path: target, type }: HostPathVolumeSource, path: string): Generator<FieldError> {
  if (!target) return yield required(`${path}.path`)
  yield* validateNoBacksteps(target, `${path}.path`)
  if (type !== undefined && !hostPathTypes.includes(type as never))
    yield notSupported(`${path}.type`, type, hostPathTypes)
}

export function* validateLocalVolume({ path: target }: LocalVolumeSource, path: string): Generator<FieldError> {
  if (!target) yield required(`${path}.path`)
  else yield* validateNoBacksteps(target, `${path}.path`)
}

export function* validateEmptyDir({ sizeLimit }: EmptyDirVolumeSource, path: string): Generator<FieldError> {
  if (sizeLimit !== undefined && compareQuantity(sizeLimit, '0') < 0)
    yield forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')
}

export function* validateGitRepo(
  { repository, directory = '' }: GitRepoVolumeSource,
  path: string,
): Generator<FieldError> {
  if (!repository) yield required(`${path}.repository`)
  yield* validateLocalDescendingPath(directory, `${path}.directory`)
}
