/** Legacy token cleaner: marks tokens in secrets that nobody has used for a year as invalid, and deletes them a year later. */
import {
  serviceAccount as accountKind,
  configMap as configMapKind,
  pod as podKind,
  secret as secretKind,
} from '../../apis/core-v1/index.js'
import { type PodReferences, secretNames } from '../../apis/core-v1/pod-references.js'
import type { ConfigMap, Secret, ServiceAccount } from '../../apis/generated/core-v1.js'
import { dayOf } from '../../machinery/day.js'
import { isReason } from '../../machinery/status-error.js'
import type { Cache } from '../runtime/cache.js'
import type { Controller, ReconcileContext } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { invalidSinceLabel, isTrackedLongEnough, planToken, tokenType } from './plan.js'

const tracking = { namespace: 'kube-system', name: 'kube-apiserver-legacy-service-account-token-tracking' }
const dayMs = 86_400_000
/** Upstream's --legacy-service-account-token-clean-up-period. */
const defaultPeriodMs = 365 * dayMs

function accountOf({ metadata }: Secret, cache: Cache): ServiceAccount | undefined {
  const { namespace = '', annotations = {} } = metadata
  const name = annotations['kubernetes.io/service-account.name']
  const uid = annotations['kubernetes.io/service-account.uid']
  const account = name ? cache.get(accountKind, { namespace, name }) : undefined
  return uid && uid !== account?.metadata.uid ? undefined : account
}

const isMounted = ({ metadata: { namespace, name } }: Secret, cache: Cache): boolean =>
  cache.list(podKind, namespace).some(({ spec }) => [...secretNames(spec as PodReferences)].includes(name))

async function cleanUp(secret: Secret, periodMs: number, { cache, client, clock, log }: ReconcileContext) {
  const now = clock.now()
  const view = { account: accountOf(secret, cache), isMounted: isMounted(secret, cache), now, periodMs }
  const { namespace = '', name = '', uid, resourceVersion } = secret.metadata
  const step = planToken(secret, view)
  if (step === 'keep') return
  log.info({ secret: `${namespace}/${name}`, step }, 'Legacy token is not used any more')
  const body = { metadata: { uid, labels: { [invalidSinceLabel]: dayOf(now) } } }
  const written =
    step === 'mark'
      ? client.patch(secretKind, { namespace, name }, { type: 'application/merge-patch+json', body })
      : client.delete(secretKind, { namespace, name }, { preconditions: { uid, resourceVersion } })
  await written.catch(error => {
    if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
  })
}

/** Looks once a day, as upstream. `periodMs`: without a use for so long a token is marked; marked for so long it goes. */
export const newLegacyTokenCleaner = (periodMs = defaultPeriodMs): Controller =>
  defineController<ConfigMap>({
    name: 'legacy_serviceaccount_token_cleaner',
    serviceAccount: 'legacy-service-account-token-cleaner',
    // It says since when the API server has noted each use.
    for: configMapKind,
    relevant: ({ metadata }) => metadata.namespace === tracking.namespace && metadata.name === tracking.name,
    reads: [secretKind, accountKind, podKind],
    workers: 1,

    async reconcile(_, context) {
      const { cache, client, clock } = context
      const fresh = await client.get<ConfigMap>(configMapKind, tracking).catch(error => {
        if (isReason(error, 'NotFound')) return undefined
        throw error
      })
      if (!fresh) return done
      if (isTrackedLongEnough(fresh.data?.since, { now: clock.now(), periodMs }))
        for (const secret of cache.list<Secret>(secretKind))
          if (secret.type === tokenType) await cleanUp(secret, periodMs, context)
      return requeueAfter(dayMs)
    },
  })
