/** Token cleaner: deletes bootstrap tokens once they have ended. */
import { secret as secretKind } from '../../apis/core-v1/index.js'
import { isReason } from '../../machinery/status-error.js'
import { defineController } from '../runtime/define-controller.js'
import { done, requeueAfter } from '../runtime/result.js'
import { isTokenSecret, type TokenSecret, timeLeft } from './token-secret.js'

/** A timer cannot be set for longer. */
const longestWaitMs = 2 ** 31 - 1

export const tokenCleaner = defineController<TokenSecret>({
  name: 'token_cleaner',
  serviceAccount: 'token-cleaner',
  for: secretKind,
  relevant: isTokenSecret,
  workers: 1,

  async reconcile(secret, { client, clock }) {
    const left = isTokenSecret(secret) ? timeLeft(secret, clock.now()) : undefined
    if (left === undefined) return done
    if (left > 0) return requeueAfter(Math.min(left, longestWaitMs))
    const { namespace = '', name = '', uid = '' } = secret.metadata
    await client.delete(secretKind, { namespace, name }, { preconditions: { uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
    return done
  },
})
