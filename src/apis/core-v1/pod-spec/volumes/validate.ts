/** Checks of a pod's volumes: names, one source each, and that source. */
import { duplicate, type FieldError, forbidden, invalid, required } from '../../../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../../../machinery/names.js'
import type { Volume } from '../../../generated/core-v1.js'
import { validateDnsLabel } from '../../../validation/text.js'
import { validateClaimTemplate } from '../../persistent-volume-claim-spec.js'
import { validatePullPolicy } from '../containers.js'
import type { PodSpecOptions } from '../context.js'
import { validateAwsDisk, validateAzureDisk, validateAzureFile, validateGceDisk } from './cloud.js'
import { validateCsiVolume } from './csi.js'
import { validateConfigMapVolume, validateDownwardVolume, validateSecretVolume } from './files.js'
import { validateEmptyDir, validateGitRepo, validateHostPath } from './local.js'
import {
  validateFibreChannel,
  validateFlexVolume,
  validateFlocker,
  validateGlusterfs,
  validateIscsi,
  validateNfs,
  validateQuobyte,
  validateStorageOs,
} from './network.js'
import { validateProjected } from './projected.js'
import { requireFields, requireReference } from './required-fields.js'
import { type VolumeSourceName, volumeSources } from './sources.js'

type Check<T> = (source: T, path: string, options: PodSpecOptions) => Iterable<FieldError>
type Checks = { [N in VolumeSourceName]: Check<NonNullable<Volume[N]>> }

const checks: Checks = {
  emptyDir: validateEmptyDir,
  hostPath: validateHostPath,
  gitRepo: validateGitRepo,
  gcePersistentDisk: validateGceDisk,
  awsElasticBlockStore: validateAwsDisk,
  secret: validateSecretVolume,
  nfs: validateNfs,
  iscsi: (source, path) => validateIscsi(source, path),
  glusterfs: validateGlusterfs,
  flocker: validateFlocker,
  persistentVolumeClaim: (source, path) => requireFields(source, ['claimName'], path),
  rbd: (source, path) => requireFields(source, ['monitors', 'image'], path),
  *cinder(source, path) {
    yield* requireFields(source, ['volumeID'], path)
    yield* requireReference(source.secretRef, ['name'], `${path}.secretRef`)
  },
  cephfs: (source, path) => requireFields(source, ['monitors'], path),
  quobyte: validateQuobyte,
  downwardAPI: validateDownwardVolume,
  fc: validateFibreChannel,
  flexVolume: validateFlexVolume,
  configMap: validateConfigMapVolume,
  azureFile: validateAzureFile,
  vsphereVolume: (source, path) => requireFields(source, ['volumePath'], path),
  photonPersistentDisk: (source, path) => requireFields(source, ['pdID'], path),
  portworxVolume: (source, path) => requireFields(source, ['volumeID'], path),
  azureDisk: validateAzureDisk,
  *storageos(source, path) {
    yield* validateStorageOs(source, path)
    yield* requireReference(source.secretRef, ['name'], `${path}.secretRef`)
  },
  projected: validateProjected,
  scaleIO: (source, path) => requireFields(source, ['gateway', 'system', 'volumeName'], path),
  csi: validateCsiVolume,
  *ephemeral({ volumeClaimTemplate: template }, path) {
    if (!template) yield required(`${path}.volumeClaimTemplate`)
    else yield* validateClaimTemplate(template, `${path}.volumeClaimTemplate`)
  },
  *image(source, path, { isPod }) {
    if (isPod && !source.reference) yield required(`${path}.reference`)
    yield* validatePullPolicy(source.pullPolicy, `${path}.pullPolicy`)
  },
}

/** Where upstream's paths differ from the field's name. */
const oddErrorPaths: Partial<Record<VolumeSourceName, string>> = { gcePersistentDisk: 'persistentDisk' }
const oddDuplicatePaths: Partial<Record<VolumeSourceName, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }

function* validateSource(volume: Volume, options: PodSpecOptions, path: string): Generator<FieldError> {
  let found = false
  for (const name of volumeSources) {
    const source = volume[name]
    if (source === undefined || source === null) continue
    if (found) {
      yield forbidden(`${path}.${oddDuplicatePaths[name] ?? name}`, 'may not specify more than 1 volume type')
      continue
    }
    found = true
    const check = checks[name] as Check<unknown>
    yield* check(source, `${path}.${oddErrorPaths[name] ?? name}`, options)
  }
  if (!found) yield required(path, 'must specify a volume type')
}

const iscsiNameTooLong =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'

/** What hangs on the volume's name together with its source. */
function* validateNameForSource(volume: Volume, { podName }: PodSpecOptions, path: string): Generator<FieldError> {
  const { name, iscsi, ephemeral } = volume
  const isTheSource = volumeSources.find(source => volume[source]) === 'ephemeral'
  if (iscsi?.initiatorName !== undefined && `${name}:${iscsi.targetPortal}`.length > 64)
    yield invalid(`${path}.name`, name, iscsiNameTooLong)
  if (!ephemeral || !isTheSource || !podName || !name) return
  const claim = `${podName}-${name}`
  for (const message of isDns1123Subdomain(claim))
    yield invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${message}`)
}

function* validateName(name: string, taken: ReadonlyMap<string, Volume>, path: string): Generator<FieldError> {
  if (!name) yield required(path)
  else yield* validateDnsLabel(name, path)
  if (taken.has(name)) yield duplicate(path, name)
}

/** Errors of spec.volumes; `valid` collects by name those without any, for the checks of mounts. */
export function* validateVolumes(
  volumes: readonly Volume[] | undefined,
  options: PodSpecOptions & { valid: Map<string, Volume> },
  path: string,
): Generator<FieldError> {
  const { podName, valid } = options
  const createdClaims = new Set(podName ? volumes?.filter(v => v.ephemeral).map(v => `${podName}-${v.name}`) : [])
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${path}[${i}]`
    const errors = [
      ...validateSource(volume, options, at),
      ...validateNameForSource(volume, options, at),
      ...validateName(volume.name, valid, `${at}.name`),
    ]
    if (!errors.length) valid.set(volume.name, volume)
    yield* errors
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim !== undefined && createdClaims.has(claim))
      yield invalid(
        `${at}.persistentVolumeClaim.claimName`,
        claim,
        'must not reference a PVC that gets created for an ephemeral volume',
      )
  }
}
