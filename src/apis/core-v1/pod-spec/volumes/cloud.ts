/** Checks of the disks of clouds. */
import { type FieldError, notSupported, required } from '../../../../machinery/field-error.js'
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  AzureFilePersistentVolumeSource,
  AzureFileVolumeSource,
  GCEPersistentDiskVolumeSource,
} from '../../../generated/core-v1.js'
import { requireFields, validatePartition } from './required-fields.js'

export function* validateGceDisk(source: GCEPersistentDiskVolumeSource, path: string): Generator<FieldError> {
  yield* requireFields(source, ['pdName'], path)
  yield* validatePartition(source.partition, `${path}.partition`)
}

export function* validateAwsDisk(source: AWSElasticBlockStoreVolumeSource, path: string): Generator<FieldError> {
  yield* requireFields(source, ['volumeID'], path)
  yield* validatePartition(source.partition, `${path}.partition`)
}

/** In a pod, or in a persistent volume, where a namespace may be named. */
export function* validateAzureFile(
  source: AzureFileVolumeSource & Pick<AzureFilePersistentVolumeSource, 'secretNamespace'>,
  path: string,
): Generator<FieldError> {
  yield* requireFields(source, ['secretName', 'shareName'], path)
  if (source.secretNamespace === '') yield required(`${path}.secretNamespace`)
}

const cachingModes = ['None', 'ReadOnly', 'ReadWrite'] as const
const diskKinds = ['Dedicated', 'Managed', 'Shared'] as const
const managedUri = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const blobUri = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function* validateAzureDisk(source: AzureDiskVolumeSource, path: string): Generator<FieldError> {
  yield* requireFields(source, ['diskName', 'diskURI'], path)
  const { cachingMode, kind, diskURI = '' } = source
  if (cachingMode !== undefined && !cachingModes.includes(cachingMode as never))
    yield notSupported(`${path}.cachingMode`, cachingMode, cachingModes)
  if (kind !== undefined && !diskKinds.includes(kind as never)) yield notSupported(`${path}.kind`, kind, diskKinds)
  if (kind === 'Managed' && !diskURI.startsWith('/subscriptions/'))
    yield notSupported(`${path}.diskURI`, diskURI, [managedUri])
  if (kind !== undefined && kind !== 'Managed' && !diskURI.startsWith('https://'))
    yield notSupported(`${path}.diskURI`, diskURI, [blobUri])
}
