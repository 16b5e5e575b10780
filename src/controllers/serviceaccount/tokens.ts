/** Tokens controller: fills Secrets of type kubernetes.io/service-account-token, and deletes those whose account is gone. */
import { secret as secretKind, serviceAccount as serviceAccountKind } from '../../apis/core-v1/index.js'
import type { Secret, ServiceAccount } from '../../apis/generated/core-v1.js'
import type { Client } from '../../client/client.js'
import { keyOf, parseKey } from '../../client/indexer.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'
import { isReason } from '../../machinery/status-error.js'
import type { Controller } from '../runtime/controller.js'
import { defineController } from '../runtime/define-controller.js'
import { done } from '../runtime/result.js'

const tokenType = 'kubernetes.io/service-account-token'
const nameAnnotation = 'kubernetes.io/service-account.name'
const uidAnnotation = 'kubernetes.io/service-account.uid'

export interface TokenSecrets {
  /** Acts as the controller manager itself: the accounts of the other controllers may come from here. */
  client: Client
  sign(account: { namespace: string; name: string; uid: string }, secret: string): Promise<string>
}

type Stored<T> = T & KubernetesObject
const encode = (text: string) => Buffer.from(text).toString('base64')
const isToken = ({ type }: Secret) => type === tokenType

/** The account that a secret names; its uid only where the secret has one yet. */
const accountOf = ({ metadata }: KubernetesObject) => ({
  namespace: metadata.namespace ?? '',
  name: metadata.annotations?.[nameAnnotation] ?? '',
  uid: metadata.annotations?.[uidAnnotation] ?? '',
})

/** What the secret lacks; undefined when it is complete. */
async function missing(
  secret: Stored<Secret>,
  account: Stored<ServiceAccount>,
  { rootCa, sign }: Pick<TokenSecrets, 'sign'> & { rootCa: string },
): Promise<Record<string, string> | undefined> {
  const { data = {}, metadata } = secret
  const { namespace = '', name = '' } = metadata
  const ca = encode(rootCa)
  if (data['ca.crt'] === ca && data.namespace && data.token) return undefined
  const { name: accountName = '', uid = '' } = account.metadata
  const token = data.token || encode(await sign({ namespace, name: accountName, uid }, name))
  return { ...data, 'ca.crt': ca, namespace: data.namespace || encode(namespace), token }
}

/** `rootCa` is the PEM text that goes into each secret. */
export function tokensController(rootCa: string, { client, sign }: TokenSecrets): Controller {
  /** Whose each secret was, to be taken off the account's list once it is gone. */
  const owners = new Map<string, ReturnType<typeof accountOf>>()

  const remove = async ({ metadata }: Stored<Secret>) => {
    const { namespace = '', name = '', uid = '' } = metadata
    await client.delete(secretKind, { namespace, name }, { preconditions: { uid } }).catch(error => {
      if (!isReason(error, 'NotFound') && !isReason(error, 'Conflict')) throw error
    })
  }

  const find = async ({ namespace, name, uid }: ReturnType<typeof accountOf>) => {
    const found = await client.get(serviceAccountKind, { namespace, name }).catch(error => {
      if (isReason(error, 'NotFound')) return undefined
      throw error
    })
    return found && (!uid || found.metadata.uid === uid) ? found : undefined
  }

  return defineController<Stored<Secret>>({
    name: 'serviceaccount_tokens',
    for: secretKind,
    watches: [
      {
        kind: serviceAccountKind,
        keys: ({ metadata }, cache, { type }) =>
          type !== 'delete'
            ? []
            : cache
                .list(secretKind, metadata.namespace)
                .filter(secret => isToken(secret) && accountOf(secret).name === metadata.name)
                .map(keyOf),
      },
    ],
    relevant: isToken,

    async reconcile(secret) {
      if (!isToken(secret)) return done
      const owner = accountOf(secret)
      owners.set(keyOf(secret), owner)
      const account = await find(owner)
      if (!account) {
        await remove(secret)
        return done
      }
      const data = await missing(secret, account, { rootCa, sign })
      if (!data) return done
      const { name = '', uid = '' } = account.metadata
      const annotations = { ...secret.metadata.annotations, [nameAnnotation]: name, [uidAnnotation]: uid }
      await client.update(secretKind, { ...secret, data, metadata: { ...secret.metadata, annotations } })
      return done
    },

    async gone(key) {
      const owner = owners.get(key)
      owners.delete(key)
      const account = owner && (await find(owner))
      const { name: secretName } = parseKey(key)
      if (!account?.secrets?.some(({ name }) => name === secretName)) return
      const secrets = account.secrets.filter(({ name }) => name !== secretName)
      await client.update(serviceAccountKind, { ...account, secrets })
    },
  })
}
