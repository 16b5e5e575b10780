/** Bootstrap tokens: `id.secret` of a Secret in kube-system lets a new node introduce itself. */
import { timingSafeEqual } from 'node:crypto'
import type { Clock } from '../../machinery/clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { type FindObject, secretText } from './object-lookup.js'
import { anyOwnAudience, type TokenHandler } from './token-authenticator.js'

const form = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const secretType = 'bootstrap.kubernetes.io/token'
const defaultGroup = 'system:bootstrappers'
const extraGroup = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/
const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

const same = (a: string, b: string) => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))

/** A time that cannot be read is past. */
function hasExpired(expiration: string, now: number): boolean {
  if (!expiration) return false
  return !rfc3339.test(expiration) || !(Date.parse(expiration) > now)
}

/** Sorted, each once; undefined when one of them is not for bootstrappers. */
function groupsOf(extra: string): string[] | undefined {
  const groups = extra ? extra.split(',') : []
  return groups.every(group => extraGroup.test(group)) ? [...new Set([defaultGroup, ...groups])].sort() : undefined
}

export function newBootstrapTokens(clock: Clock, find: FindObject, own: readonly string[]): TokenHandler {
  return anyOwnAudience(own, async (token): Promise<UserInfo | undefined> => {
    const [, id, secretPart] = form.exec(token) ?? []
    if (!id || !secretPart) return undefined
    const secret = await find('secrets', { namespace: 'kube-system', name: `bootstrap-token-${id}` })
    if (!secret || secret.metadata.deletionTimestamp || secret.type !== secretType) return undefined
    const text = (key: string) => secretText(secret, key)
    if (!same(text('token-secret'), secretPart) || text('token-id') !== id) return undefined
    if (hasExpired(text('expiration'), clock.now())) return undefined
    if (text('usage-bootstrap-authentication') !== 'true') return undefined
    const groups = groupsOf(text('auth-extra-groups'))
    return groups && { name: `system:bootstrap:${id}`, groups }
  })
}
