/** Tokens in secrets that nobody uses. */
import { configMap, secret, serviceAccount } from '../../../../src/apis/core-v1/index.js'
import { create, merge, named, prepare, type Scenario, untilGone, untilIs } from '../scenario.js'

const minute = 60_000
const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }

export const oldTokens: readonly Scenario[] = [
  {
    name: 'Token that nobody uses is marked, and goes',
    accounts: ['legacy-service-account-token-cleaner'],
    options: () => ({ tokenCleanUpMs: minute, startMs: Date.UTC(2025, 0, 1, 23, 57) }),
    async play(cluster) {
      await prepare(cluster, [])
      await create(cluster, serviceAccount, 'robot', { secrets: [{ name: 'token' }] })
      await create(cluster, secret, 'token', {
        metadata: { annotations: { 'kubernetes.io/service-account.name': 'robot' } },
        type: 'kubernetes.io/service-account-token',
      })
      await cluster.run(1.5 * minute)
      await merge(cluster, configMap, tracking, { data: { since: '2024-12-01' } })
      await untilIs(cluster, [secret, named('token')], ({ metadata }) =>
        Boolean(metadata.labels?.['kubernetes.io/legacy-token-invalid-since']),
      )
      // Past midnight: marks and uses count by days.
      await cluster.run(3 * minute)
      await merge(cluster, configMap, tracking, { data: { since: '2024-11-30' } })
      await untilGone(cluster, secret, named('token'))
      // Who was not there when the secret went leaves its name in the account, as upstream.
      await cluster.admin.delete(serviceAccount, named('robot'))
      await untilGone(cluster, serviceAccount, named('robot'))
    },
  },
]
