/** Checks of volumes that come over the network: NFS, iSCSI, Fibre Channel and others. */
import { type FieldError, invalid, required } from '../../../../machinery/field-error.js'
import { nameIsDnsLabel } from '../../../../machinery/name-rules.js'
import type {
  FCVolumeSource,
  FlexVolumeSource,
  FlockerVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
  StorageOSVolumeSource,
} from '../../../generated/core-v1.js'
import { formatErrors, validateDnsLabel } from '../../../validation/text.js'
import { requireFields, validateLun } from './required-fields.js'

export function* validateNfs(source: NFSVolumeSource, path: string): Generator<FieldError> {
  yield* requireFields(source, ['server', 'path'], path)
  if (!source.path?.startsWith('/')) yield invalid(`${path}.path`, source.path ?? '', 'must be an absolute path')
}

const initiatorFormats: Readonly<Record<string, RegExp>> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

/** `prefixes` completes the message in pods; persistent volumes have none. */
function* validateInitiator(name: string, prefixes: string, path: string): Generator<FieldError> {
  const format = initiatorFormats[name.slice(0, 3)]
  if (!format) yield invalid(path, name, `must be valid format${prefixes}`)
  else if (!format.test(name)) yield invalid(path, name, 'must be valid format')
}

/** The fields that pods and persistent volumes share. */
export function* validateIscsi(
  source: Omit<ISCSIVolumeSource, 'secretRef'> & { secretRef?: object },
  path: string,
  place: 'pod' | 'persistentVolume' = 'pod',
): Generator<FieldError> {
  const prefixes = place === 'pod' ? ' starting with iqn, eui, or naa' : ''
  yield* requireFields(source, ['targetPortal'], path)
  if (!source.iqn) yield required(`${path}.iqn`)
  else yield* validateInitiator(source.iqn, prefixes, `${path}.iqn`)
  yield* validateLun(source.lun, `${path}.lun`)
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef) yield required(`${path}.secretRef`)
  if (source.initiatorName !== undefined)
    yield* validateInitiator(source.initiatorName, prefixes, `${path}.initiatorname`)
}

export function* validateFibreChannel(source: FCVolumeSource, path: string): Generator<FieldError> {
  const { targetWWNs = [], wwids = [], lun } = source
  if (!targetWWNs.length && !wwids.length)
    yield required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both')
  if (!targetWWNs.length) return
  if (wwids.length)
    yield invalid(`${path}.targetWWNs`, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')
  if (lun === undefined) yield required(`${path}.lun`, 'lun is required if targetWWNs is specified')
  else yield* validateLun(lun, `${path}.lun`)
}

/** The namespace occurs in persistent volumes only. */
export function* validateGlusterfs(
  source: Pick<GlusterfsPersistentVolumeSource, 'endpoints' | 'path' | 'endpointsNamespace'>,
  path: string,
): Generator<FieldError> {
  yield* requireFields(source, ['endpoints', 'path'], path)
  const { endpointsNamespace: namespace } = source
  const at = `${path}.endpointsNamespace`
  if (namespace === '')
    yield invalid(at, namespace, 'if the endpointnamespace is set, it must be a valid namespace name')
  else if (namespace !== undefined) yield* formatErrors(name => nameIsDnsLabel(name, false), namespace, at)
}

export function* validateFlocker(
  { datasetName = '', datasetUUID = '' }: FlockerVolumeSource,
  path: string,
): Generator<FieldError> {
  if (!datasetName && !datasetUUID) yield required(path, 'one of datasetName and datasetUUID is required')
  if (datasetName && datasetUUID)
    yield invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
  if (datasetName.includes('/')) yield invalid(`${path}.datasetName`, datasetName, "must not contain '/'")
}

const isHostPort = (text: string): boolean => /^([^:[\]]*|\[[^\]]*\]):[^:[\]]*$/.test(text)

export function* validateQuobyte(source: QuobyteVolumeSource, path: string): Generator<FieldError> {
  const { registry = '', tenant = '' } = source
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  if (!registry) yield required(`${path}.registry`, pairs)
  else if (tenant.length >= 65)
    yield required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters')
  else for (const pair of registry.split(',')) if (!isHostPort(pair)) yield invalid(`${path}.registry`, registry, pairs)
  yield* requireFields(source, ['volume'], path)
}

export function* validateFlexVolume(
  source: Pick<FlexVolumeSource, 'driver' | 'options'>,
  path: string,
): Generator<FieldError> {
  yield* requireFields(source, ['driver'], path)
  for (const key in source.options) {
    const domain = `.${(key.split('/', 1)[0] ?? key).toLowerCase()}`
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io'))
      yield invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')
  }
}

export function* validateStorageOs(
  { volumeName, volumeNamespace }: Pick<StorageOSVolumeSource, 'volumeName' | 'volumeNamespace'>,
  path: string,
): Generator<FieldError> {
  if (!volumeName) yield required(`${path}.volumeName`)
  else yield* validateDnsLabel(volumeName, `${path}.volumeName`)
  if (volumeNamespace) yield* validateDnsLabel(volumeNamespace, `${path}.volumeNamespace`)
}
