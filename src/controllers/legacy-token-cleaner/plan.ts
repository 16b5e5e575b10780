/** What becomes of a token that a secret holds, and that nobody has used for long. Source: upstream's LegacySATokenCleaner. */
import type { Secret, ServiceAccount } from '../../apis/generated/core-v1.js'
import { dayOf, parseDay } from '../../machinery/day.js'

export const tokenType = 'kubernetes.io/service-account-token'
export const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since'
const lastUsedLabel = 'kubernetes.io/legacy-token-last-used'
const dayMs = 86_400_000

/** True when uses have been noted for the whole period, from the day after `since` on. */
export function isTrackedLongEnough(since: string | undefined, { now, periodMs }: { now: number; periodMs: number }) {
  const day = parseDay(since)
  return day !== undefined && now >= day + dayMs + periodMs
}

export interface TokenView {
  /** The account the secret is for, if there is that one. */
  account: ServiceAccount | undefined
  /** Whether a pod of the namespace names the secret. */
  isMounted: boolean
  now: number
  /** After so long without use a token goes. */
  periodMs: number
}

/** First it is marked, and refused from then on; after another period it goes. */
export function planToken(
  secret: Secret,
  { account, isMounted, now, periodMs }: TokenView,
): 'keep' | 'mark' | 'delete' {
  const { name, labels = {}, creationTimestamp, deletionTimestamp } = secret.metadata
  if (secret.type !== tokenType || deletionTimestamp) return 'keep'
  const oldest = now - periodMs
  if (Date.parse(creationTimestamp ?? '') >= oldest) return 'keep'
  const lastUsed = labels[lastUsedLabel]
  if (lastUsed !== undefined && (parseDay(lastUsed) === undefined || lastUsed >= dayOf(oldest))) return 'keep'
  // Only what was made for an account stands in its list.
  if (!account?.secrets?.some(each => each.name === name) || isMounted) return 'keep'
  const invalidSince = labels[invalidSinceLabel]
  if (invalidSince === undefined || parseDay(invalidSince) === undefined) return 'mark'
  return invalidSince >= dayOf(oldest) ? 'keep' : 'delete'
}
