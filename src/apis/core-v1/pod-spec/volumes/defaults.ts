/** Defaults of a pod's volumes: upstream's SetDefaults_Volume and those of each source. */
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, Volume } from '../../../generated/core-v1.js'
import { setClaimSpecDefaults } from '../../persistent-volume-claim-spec.js'
import { canonicalQuantity } from '../../resource-list.js'
import { volumeSources } from './sources.js'

/** 0644. */
const defaultFileMode = 420
const tokenLifetimeSeconds = 3600

function setDownwardFileDefaults(file: DownwardAPIVolumeFile): void {
  if (file.fieldRef) file.fieldRef.apiVersion ||= 'v1'
  if (file.resourceFieldRef) file.resourceFieldRef.divisor = canonicalQuantity(file.resourceFieldRef.divisor ?? '0')
}

function setProjectedDefaults(projected: ProjectedVolumeSource): void {
  projected.defaultMode ??= defaultFileMode
  for (const source of projected.sources ?? []) {
    source.downwardAPI?.items?.forEach(setDownwardFileDefaults)
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= tokenLifetimeSeconds
  }
}

/** Fills in one volume; without any source it is an emptyDir. */
export function setVolumeDefaults(volume: Volume): void {
  if (volumeSources.every(source => volume[source] === undefined || volume[source] === null)) volume.emptyDir = {}
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected, ephemeral } = volume
  if (emptyDir?.sizeLimit !== undefined) emptyDir.sizeLimit = canonicalQuantity(emptyDir.sizeLimit)
  if (hostPath) hostPath.type ??= ''
  if (secret) secret.defaultMode ??= defaultFileMode
  if (configMap) {
    configMap.defaultMode ??= defaultFileMode
    configMap.name ??= ''
  }
  if (downwardAPI) {
    downwardAPI.defaultMode ??= defaultFileMode
    downwardAPI.items?.forEach(setDownwardFileDefaults)
  }
  if (projected) setProjectedDefaults(projected)
  if (ephemeral?.volumeClaimTemplate?.spec) setClaimSpecDefaults(ephemeral.volumeClaimTemplate.spec)
}
