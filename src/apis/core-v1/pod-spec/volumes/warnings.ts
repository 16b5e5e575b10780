/** Warnings about volumes: drivers out of use, claims in fractions of bytes, files that hide each other. */
import { formatQuantity, quantityMilliValue } from '../../../../machinery/quantity.js'
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from '../../../generated/core-v1.js'
import type { VolumeSourceName } from './sources.js'

const deprecated: readonly (readonly [VolumeSourceName, field: string, message: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

/** Storage in fractions of a byte. */
export function* claimSpecWarnings({ resources }: PersistentVolumeClaimSpec, path: string): Generator<string> {
  for (const list of ['requests', 'limits'] as const) {
    const quantity = resources?.[list]?.storage
    if (quantity !== undefined && quantityMilliValue(quantity) % 1000 !== 0)
      yield `${path}.resources.${list}[storage]: fractional byte value ${JSON.stringify(formatQuantity(quantity))} is invalid, must be an integer`
  }
}

interface FilePath {
  path: string
  source: string
}

const printed = ({ path, source }: FilePath) => JSON.stringify(path) + (source && ` (${source})`)

/** The same path, or one inside the other. */
const overlaps = (a: FilePath, b: FilePath): boolean =>
  a.path !== '' && b.path !== '' && (`${a.path}/`.startsWith(`${b.path}/`) || `${b.path}/`.startsWith(`${a.path}/`))

/** Each path against those before it. */
function* overlapsIn(paths: readonly FilePath[]): Generator<string> {
  const trimmed = paths.map(({ path, source }) => ({ path: path.replace(/\/+$/, ''), source }))
  for (const [i, path] of trimmed.entries())
    for (const other of trimmed.slice(0, i)) if (overlaps(path, other)) yield `${printed(path)} with ${printed(other)}`
}

type Items = readonly { path: string }[] | undefined
const pathsOf = (items: Items, source = ''): FilePath[] => (items ?? []).map(({ path }) => ({ path, source }))

function projectedPaths({ configMap, secret, downwardAPI, serviceAccountToken }: VolumeProjection): FilePath[] {
  if (configMap?.items) return pathsOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`)
  if (secret?.items) return pathsOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`)
  if (downwardAPI?.items) return pathsOf(downwardAPI.items, 'DownwardAPI')
  return serviceAccountToken ? pathsOf([serviceAccountToken], 'ServiceAccountToken') : []
}

function* overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): Generator<string> {
  const warn = (what: string, body: string) => `volume ${JSON.stringify(name)} (${what}): overlapping paths: ${body}`
  if (configMap?.items)
    for (const body of overlapsIn(pathsOf(configMap.items)))
      yield warn(`ConfigMap ${JSON.stringify(configMap.name ?? '')}`, body)
  if (secret?.items)
    for (const body of overlapsIn(pathsOf(secret.items)))
      yield warn(`Secret ${JSON.stringify(secret.secretName ?? '')}`, body)
  if (downwardAPI?.items) for (const body of overlapsIn(pathsOf(downwardAPI.items))) yield warn('DownwardAPI', body)
  if (!projected) return
  for (const source of projected.sources ?? [])
    if (!Object.values(source).some(Boolean)) yield `volume ${JSON.stringify(name)} (Projected) has no sources provided`
  for (const body of overlapsIn((projected.sources ?? []).flatMap(projectedPaths))) yield warn('Projected', body)
}

/** `path` is the pod spec's. */
export function* volumeWarnings(volumes: readonly Volume[] | undefined, path: string): Generator<string> {
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${path}.volumes[${i}]`
    for (const [source, field, message] of deprecated) if (volume[source]) yield `${at}.${field}: ${message}`
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec
    if (claim) yield* claimSpecWarnings(claim, `${at}.ephemeral.volumeClaimTemplate.spec`)
  }
  for (const volume of volumes ?? []) yield* overlapWarnings(volume)
}
