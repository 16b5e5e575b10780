/** TokenRequest asks for a token of a service account: the body of `serviceaccounts/token`, never stored. */
import { invalid } from '../../machinery/field-error.js'
import { defineKind } from '../../machinery/kind.js'
import type { TokenRequest } from '../generated/authentication-v1.js'

const minSeconds = 600
const maxSeconds = 2 ** 32

export const tokenRequest = defineKind<TokenRequest>({
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenRequest',
  scope: 'Namespaced',
  names: { plural: 'tokenrequests' },
  verbs: ['create'],
  setDefaults({ spec }) {
    spec.expirationSeconds ??= 3600
  },
  *validate({ spec }) {
    const seconds = spec.expirationSeconds ?? 0
    if (seconds < minSeconds)
      yield invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 10 minutes')
    if (seconds > maxSeconds)
      yield invalid('spec.expirationSeconds', seconds, 'may not specify a duration larger than 2^32 seconds')
  },
})
