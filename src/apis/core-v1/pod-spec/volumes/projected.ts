/** Checks of projected volumes: several sources of files in one directory. */
import { type FieldError, forbidden, invalid, required } from '../../../../machinery/field-error.js'
import type {
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../../generated/core-v1.js'
import { validateDownwardFile, validateKeyToPath } from './files.js'
import { validateFileMode, validateLocalNonReservedPath } from './paths.js'

const minTokenSeconds = 600
const maxTokenSeconds = 2 ** 32
const conflict = 'conflicting duplicate paths'

/** File paths taken so far by any source of the volume. */
type TakenPaths = Set<string>

function* validateKeys(
  source: { name?: string; items?: readonly KeyToPath[] },
  taken: TakenPaths,
  [volumePath, path]: readonly [volumePath: string, path: string],
): Generator<FieldError> {
  if (!source.name) yield required(`${path}.name`)
  for (const [i, item] of (source.items ?? []).entries()) {
    yield* validateKeyToPath(item, `${path}.items[${i}]`)
    if (!item.path) continue
    if (taken.has(item.path)) yield invalid(volumePath, source.name ?? '', conflict)
    taken.add(item.path)
  }
}

function* validateDownward(
  { downwardAPI }: VolumeProjection,
  taken: TakenPaths,
  [volumePath, path]: readonly [volumePath: string, path: string],
): Generator<FieldError> {
  for (const file of downwardAPI?.items ?? []) {
    yield* validateDownwardFile(file, path)
    if (!file.path) continue
    if (taken.has(file.path)) yield invalid(volumePath, file.path, conflict)
    taken.add(file.path)
  }
}

function* validateToken(
  { expirationSeconds: seconds = 0, path: file }: ServiceAccountTokenProjection,
  volumePath: string,
  path: string,
): Generator<FieldError> {
  const at = `${path}.expirationSeconds`
  if (seconds < minTokenSeconds) yield invalid(at, seconds, 'may not specify a duration less than 10 minutes')
  if (seconds > maxTokenSeconds) yield invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds')
  if (!file) yield required(`${volumePath}.path`)
  else yield* validateLocalNonReservedPath(file, `${volumePath}.path`)
}

const sourceNames = ['secret', 'configMap', 'downwardAPI', 'serviceAccountToken'] as const

function* validateSource(
  source: VolumeProjection,
  taken: TakenPaths,
  [volumePath, path]: readonly [volumePath: string, path: string],
): Generator<FieldError> {
  if (source.secret) yield* validateKeys(source.secret, taken, [volumePath, `${path}.secret`])
  if (source.configMap) yield* validateKeys(source.configMap, taken, [volumePath, `${path}.configMap`])
  if (source.downwardAPI) yield* validateDownward(source, taken, [volumePath, `${path}.downwardAPI`])
  if (source.serviceAccountToken)
    yield* validateToken(source.serviceAccountToken, volumePath, `${path}.serviceAccountToken`)
  if (sourceNames.filter(name => source[name]).length > 1)
    yield forbidden(path, 'may not specify more than 1 volume type per source')
}

/** Cluster trust bundles and pod certificates are dropped before: v1.34 has them off. */
export function* validateProjected(source: ProjectedVolumeSource, path: string): Generator<FieldError> {
  yield* validateFileMode(source.defaultMode, `${path}.defaultMode`)
  const taken: TakenPaths = new Set()
  for (const [i, projection] of (source.sources ?? []).entries())
    yield* validateSource(projection, taken, [path, `${path}.sources[${i}]`])
}
