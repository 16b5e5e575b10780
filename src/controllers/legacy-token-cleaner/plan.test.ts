import { describe, expect, test } from '@jest/globals'
import type { Secret, ServiceAccount } from '../../apis/generated/core-v1.js'
import { isTrackedLongEnough, planToken, type TokenView } from './plan.js'

const day = 86_400_000
const now = Date.parse('2026-06-15T12:00:00Z')
const account: ServiceAccount = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'robot' },
  secrets: [{ name: 'token' }],
}
const secret = (labels: Record<string, string> = {}, metadata: object = {}, type?: string): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'token', creationTimestamp: '2024-01-01T00:00:00Z', labels, ...metadata },
  type: type ?? 'kubernetes.io/service-account-token',
})
const used = (date: string) => ({ 'kubernetes.io/legacy-token-last-used': date })
const invalid = (date: string) => ({ 'kubernetes.io/legacy-token-invalid-since': date })

describe('a token that stands in its account is', () => {
  test.each<[string, Secret, Partial<TokenView>, string]>([
    ['marked when it was never used', secret(), {}, 'mark'],
    ['marked when it was last used long ago', secret(used('2025-06-14')), {}, 'mark'],
    ['kept when it was used within the year', secret(used('2025-06-15')), {}, 'keep'],
    ['kept when nobody can tell when it was used', secret(used('2025-6-1')), {}, 'keep'],
    ['kept while it is new', secret({}, { creationTimestamp: '2025-06-15T12:00:00Z' }), {}, 'keep'],
    ['kept while a pod mounts it', secret(), { isMounted: true }, 'keep'],
    ['kept when it is going', secret({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }), {}, 'keep'],
    ['kept when it was made by hand', secret(), { account: { ...account, secrets: [] } }, 'keep'],
    ['kept when its account is unknown', secret(), { account: undefined }, 'keep'],
    ['kept when it is no token', secret({}, {}, 'Opaque'), {}, 'keep'],
    ['marked anew where the mark cannot be read', secret(invalid('soon')), {}, 'mark'],
    ['kept for a year after it was marked', secret(invalid('2025-06-15')), {}, 'keep'],
    ['deleted when that is over', secret(invalid('2025-06-14')), {}, 'delete'],
    [
      'kept when it was used in spite of its mark',
      secret({ ...invalid('2025-01-01'), ...used('2026-01-01') }),
      {},
      'keep',
    ],
  ])('%s', (_, object, view, expected) =>
    expect(planToken(object, { account, isMounted: false, now, periodMs: 365 * day, ...view })).toBe(expected),
  )
})

test('the time counts from the day after tracking began', () => {
  const after = (since?: string) => isTrackedLongEnough(since, { now, periodMs: 365 * day })
  expect([after('2025-06-14'), after('2025-06-15'), after('yesterday'), after()]).toEqual([true, false, false, false])
})
