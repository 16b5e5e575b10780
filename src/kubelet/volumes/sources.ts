/** The files of configMap, secret, downwardAPI and projected volumes. */
import type {
  ConfigMapVolumeSource,
  DownwardAPIVolumeFile,
  KeyToPath,
  SecretVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../../apis/generated/core-v1.js'
import { isReason } from '../../machinery/status-error.js'
import type { ConfigSource } from '../env/environment.js'
import { type DownwardContext, fieldValue, resourceValue } from '../env/field-ref.js'
import type { Payload } from './payload.js'
import type { TokenSource } from './token-source.js'

const defaultFileMode = 0o644
/** A token for one user or group is for nobody else. */
const privateFileMode = 0o600

export interface SourceContext extends DownwardContext {
  config: ConfigSource
  tokens: TokenSource
  /** The one user that all the pod's containers run as, if so. */
  runAsUser?: number
  fsGroup?: number
}

interface Selection {
  /** As errors call it: `configmap`. */
  kind: string
  items?: readonly KeyToPath[]
  optional?: boolean
  defaultMode?: number
}

function select(data: ReadonlyMap<string, Buffer>, { kind, items, optional, defaultMode }: Selection): Payload {
  const standard = defaultMode ?? defaultFileMode
  if (!items?.length) return new Map([...data].map(([key, content]) => [key, { data: content, mode: standard }]))
  const payload: Payload = new Map()
  for (const { key, path, mode } of items) {
    const content = data.get(key)
    if (content) payload.set(path, { data: content, mode: mode ?? standard })
    else if (!optional)
      throw new Error(`${kind} references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`)
  }
  return payload
}

async function orNothing<T>(found: Promise<T>, optional: boolean | undefined): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (optional && isReason(error, 'NotFound')) return undefined
    throw error
  }
}

type NamedSource = { name?: string; items?: KeyToPath[]; optional?: boolean; defaultMode?: number }

async function configMapFiles(source: NamedSource, context: SourceContext): Promise<Payload> {
  const namespace = context.pod.metadata.namespace ?? ''
  const map = await orNothing(context.config.configMap(namespace, source.name ?? ''), source.optional)
  const data = new Map<string, Buffer>()
  for (const [key, value] of Object.entries(map?.data ?? {})) data.set(key, Buffer.from(value))
  for (const [key, value] of Object.entries(map?.binaryData ?? {})) data.set(key, Buffer.from(value, 'base64'))
  return select(data, { ...source, kind: 'configmap' })
}

async function secretFiles(source: NamedSource, context: SourceContext): Promise<Payload> {
  const namespace = context.pod.metadata.namespace ?? ''
  const secret = await orNothing(context.config.secret(namespace, source.name ?? ''), source.optional)
  const entries = Object.entries(secret?.data ?? {})
  const data = new Map(entries.map(([key, value]) => [key, Buffer.from(value, 'base64')]))
  return select(data, { ...source, kind: 'secret' })
}

export const configMapPayload = (source: ConfigMapVolumeSource, context: SourceContext) =>
  configMapFiles(source, context)

export const secretPayload = ({ secretName, ...source }: SecretVolumeSource, context: SourceContext) =>
  secretFiles({ ...source, ...(secretName && { name: secretName }) }, context)

export function downwardPayload(
  items: readonly DownwardAPIVolumeFile[] = [],
  defaultMode: number | undefined,
  context: SourceContext,
): Payload {
  const payload: Payload = new Map()
  for (const { path, fieldRef, resourceFieldRef, mode } of items) {
    const [first] = context.pod.spec.containers
    const text = fieldRef
      ? fieldValue(fieldRef, context)
      : resourceFieldRef && first
        ? resourceValue(resourceFieldRef, first, context)
        : ''
    payload.set(path, { data: Buffer.from(text), mode: mode ?? defaultMode ?? defaultFileMode })
  }
  return payload
}

async function tokenPayload(
  source: ServiceAccountTokenProjection,
  defaultMode: number | undefined,
  context: SourceContext,
): Promise<Payload> {
  const token = await context.tokens.token(context.pod, source)
  const isPrivate = context.runAsUser !== undefined || context.fsGroup !== undefined
  const mode = isPrivate ? privateFileMode : (defaultMode ?? defaultFileMode)
  const uid = context.runAsUser
  return new Map([[source.path, { data: Buffer.from(token), mode, ...(uid !== undefined && { uid }) }]])
}

function projectedPart(part: VolumeProjection, defaultMode: number | undefined, context: SourceContext) {
  const mode = defaultMode === undefined ? {} : { defaultMode }
  if (part.configMap) return configMapFiles({ ...part.configMap, ...mode }, context)
  if (part.secret) return secretFiles({ ...part.secret, ...mode }, context)
  if (part.downwardAPI) return downwardPayload(part.downwardAPI.items, defaultMode, context)
  if (part.serviceAccountToken) return tokenPayload(part.serviceAccountToken, defaultMode, context)
  throw new Error(`projected volume source ${Object.keys(part).join()} is not supported`)
}

/** Later sources win where paths meet. */
export async function projectedPayload(
  sources: readonly VolumeProjection[] = [],
  defaultMode: number | undefined,
  context: SourceContext,
): Promise<Payload> {
  const parts = await Promise.all(sources.map(part => projectedPart(part, defaultMode, context)))
  return new Map(parts.flatMap(part => [...part]))
}
