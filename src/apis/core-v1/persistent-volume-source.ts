/** Checks of a persistent volume's source: exactly one, and that one sound. */
import { type FieldError, forbidden, invalid, required } from '../../machinery/field-error.js'
import type { PersistentVolumeSpec } from '../generated/core-v1.js'
import { validateAwsDisk, validateAzureDisk, validateAzureFile, validateGceDisk } from './pod-spec/volumes/cloud.js'
import { validateCsiPersistentVolume } from './pod-spec/volumes/csi.js'
import { validateHostPath, validateLocalVolume } from './pod-spec/volumes/local.js'
import {
  validateFibreChannel,
  validateFlexVolume,
  validateFlocker,
  validateGlusterfs,
  validateIscsi,
  validateNfs,
  validateQuobyte,
  validateStorageOs,
} from './pod-spec/volumes/network.js'
import { requireFields, requireReference } from './pod-spec/volumes/required-fields.js'

/** In the order in which upstream looks at them. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const

type SourceName = (typeof sources)[number]
type Check<T> = (source: T, path: string) => Iterable<FieldError>
type Checks = { [N in SourceName]: Check<NonNullable<PersistentVolumeSpec[N]>> }

const checks: Checks = {
  hostPath: validateHostPath,
  gcePersistentDisk: validateGceDisk,
  awsElasticBlockStore: validateAwsDisk,
  glusterfs: validateGlusterfs,
  flocker: validateFlocker,
  nfs: validateNfs,
  rbd: (source, path) => requireFields(source, ['monitors', 'image'], path),
  quobyte: validateQuobyte,
  cephfs: (source, path) => requireFields(source, ['monitors'], path),
  *iscsi(source, path) {
    yield* validateIscsi(source, path, 'persistentVolume')
    yield* requireReference(source.secretRef, ['name'], `${path}.secretRef`)
  },
  *cinder(source, path) {
    yield* requireFields(source, ['volumeID'], path)
    yield* requireReference(source.secretRef, ['name', 'namespace'], `${path}.secretRef`)
  },
  fc: validateFibreChannel,
  flexVolume: validateFlexVolume,
  azureFile: validateAzureFile,
  vsphereVolume: (source, path) => requireFields(source, ['volumePath'], path),
  photonPersistentDisk: (source, path) => requireFields(source, ['pdID'], path),
  portworxVolume: (source, path) => requireFields(source, ['volumeID'], path),
  azureDisk: validateAzureDisk,
  scaleIO: (source, path) => requireFields(source, ['gateway', 'system', 'volumeName'], path),
  local: validateLocalVolume,
  *storageos(source, path) {
    yield* validateStorageOs(source, path)
    yield* requireReference(source.secretRef, ['name', 'namespace'], `${path}.secretRef`)
  },
  csi: validateCsiPersistentVolume,
}

const oddErrorPaths: Partial<Record<SourceName, string>> = { gcePersistentDisk: 'persistentDisk' }
const oddDuplicatePaths: Partial<Record<SourceName, string>> = { cephfs: 'cephFS' }

const iscsiNameTooLong =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'

/** `volumeName` is the volume's own name, which iSCSI limits. */
export function* validatePersistentVolumeSource(
  spec: PersistentVolumeSpec,
  volumeName: string,
  path = 'spec',
): Generator<FieldError> {
  let found = false
  for (const name of sources) {
    const source = spec[name]
    if (!source) continue
    // Upstream counts flexVolume, but never refuses it.
    if (found && name !== 'flexVolume') {
      yield forbidden(`${path}.${oddDuplicatePaths[name] ?? name}`, 'may not specify more than 1 volume type')
      continue
    }
    found = true
    const check = checks[name] as Check<unknown>
    yield* check(source, `${path}.${oddErrorPaths[name] ?? name}`)
    if (name === 'local' && !spec.nodeAffinity)
      yield required(`${path}.nodeAffinity`, 'Local volume requires node affinity')
    const { initiatorName, targetPortal } = name === 'iscsi' && spec.iscsi ? spec.iscsi : {}
    if (initiatorName !== undefined && `${volumeName}:${targetPortal}`.length > 64)
      yield invalid(`${path}.iscsi.targetportal`, targetPortal, iscsiNameTooLong)
  }
  if (!found) yield required(path, 'must specify a volume type')
}
