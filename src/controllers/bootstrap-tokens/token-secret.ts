/** The Secrets that hold bootstrap tokens: `bootstrap-token-<id>` in kube-system. */
import type { Secret } from '../../apis/generated/core-v1.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'

export type TokenSecret = Secret & KubernetesObject

export const tokenNamespace = 'kube-system'
const namePattern = /^bootstrap-token-([a-z0-9]{6})$/
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

export const isTokenSecret = ({ metadata, type }: TokenSecret): boolean =>
  type === 'bootstrap.kubernetes.io/token' && metadata.namespace === tokenNamespace

const textOf = ({ data = {} }: Secret, key: string) => Buffer.from(data[key] ?? '', 'base64').toString()

/** Milliseconds until the token ends, 0 or less once it has; undefined for one that does not. A time that cannot be read is past. */
export function timeLeft(secret: Secret, now: number): number | undefined {
  const expiration = textOf(secret, 'expiration')
  if (!expiration) return undefined
  return rfc3339.test(expiration) ? Date.parse(expiration) - now : 0
}

/** The token that may sign at `now`; undefined for one that is not complete, not for signing or past. */
export function signingToken(secret: TokenSecret, now: number): { id: string; secret: string } | undefined {
  const id = namePattern.exec(secret.metadata.name ?? '')?.[1]
  const text = textOf(secret, 'token-secret')
  if (!id || textOf(secret, 'token-id') !== id || !text) return undefined
  if ((timeLeft(secret, now) ?? 1) <= 0 || textOf(secret, 'usage-bootstrap-signing') !== 'true') return undefined
  return { id, secret: text }
}
