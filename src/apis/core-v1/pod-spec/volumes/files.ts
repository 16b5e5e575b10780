/** Checks of volumes made of files: secrets, config maps, the downward API. */
import { type FieldError, invalid, required } from '../../../../machinery/field-error.js'
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  SecretVolumeSource,
} from '../../../generated/core-v1.js'
import { validateFieldRef, validateResourceFieldRef, volumeFieldPaths } from '../field-ref.js'
import { validateFileMode, validateLocalNonReservedPath } from './paths.js'

/** One key shown as a file. */
export function* validateKeyToPath({ key, path: file = '', mode }: KeyToPath, path: string): Generator<FieldError> {
  if (!key) yield required(`${path}.key`)
  if (!file) yield required(`${path}.path`)
  yield* validateLocalNonReservedPath(file, `${path}.path`)
  yield* validateFileMode(mode, `${path}.mode`)
}

function* validateItems(items: readonly KeyToPath[] | undefined, path: string): Generator<FieldError> {
  for (const [i, item] of (items ?? []).entries()) yield* validateKeyToPath(item, `${path}.items[${i}]`)
}

export function* validateSecretVolume(source: SecretVolumeSource, path: string): Generator<FieldError> {
  if (!source.secretName) yield required(`${path}.secretName`)
  yield* validateFileMode(source.defaultMode, `${path}.defaultMode`)
  yield* validateItems(source.items, path)
}

export function* validateConfigMapVolume(source: ConfigMapVolumeSource, path: string): Generator<FieldError> {
  if (!source.name) yield required(`${path}.name`)
  yield* validateFileMode(source.defaultMode, `${path}.defaultMode`)
  yield* validateItems(source.items, path)
}

/** Errors name the volume, not the item: so do upstream's. */
export function* validateDownwardFile(file: DownwardAPIVolumeFile, path: string): Generator<FieldError> {
  const { path: target = '', fieldRef, resourceFieldRef, mode } = file
  if (!target) yield required(`${path}.path`)
  yield* validateLocalNonReservedPath(target, `${path}.path`)
  if (fieldRef) {
    yield* validateFieldRef(fieldRef, volumeFieldPaths, `${path}.fieldRef`)
    if (resourceFieldRef)
      yield invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously')
  } else if (resourceFieldRef) yield* validateResourceFieldRef(resourceFieldRef, `${path}.resourceFieldRef`, 'volume')
  else yield required(path, 'one of fieldRef and resourceFieldRef is required')
  yield* validateFileMode(mode, `${path}.mode`)
}

export function* validateDownwardVolume(source: DownwardAPIVolumeSource, path: string): Generator<FieldError> {
  yield* validateFileMode(source.defaultMode, `${path}.defaultMode`)
  for (const file of source.items ?? []) yield* validateDownwardFile(file, path)
}
