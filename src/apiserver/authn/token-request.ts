/** serviceaccounts/token: issues a token for an account, as upstream's TokenREST does. */
import { formatTime } from '../../machinery/clock.js'
import { type FieldError, invalid } from '../../machinery/field-error.js'
import type { AnyObject } from '../../machinery/object-meta.js'
import { badRequest, conflict, invalidObject, notFound } from '../../machinery/status-error.js'
import type { ApiServerDeps } from '../deps.js'
import { newUuidSource } from '../uuid.js'
import type { BoundObject, KubernetesClaims, TokenSigner } from './service-account-token.js'
import { serviceAccountUserName } from './user.js'

interface TokenRequestSpec {
  audiences?: string[]
  expirationSeconds?: number
  boundObjectRef?: { kind?: string; apiVersion?: string; name?: string; uid?: string } | null
}

const authenticationGroup = 'authentication.k8s.io'
const minimumSeconds = 600
const defaultSeconds = 3600
/** What a kubelet asks for; such a token lives a year, and its use is counted as stale after this time. */
const podTokenSeconds = 3607
const extendedSeconds = 365 * 24 * 3600

const kindOfResource = { pods: 'Pod', secrets: 'Secret', nodes: 'Node' } as const
type BoundResource = keyof typeof kindOfResource

function validate(spec: TokenRequestSpec): FieldError[] {
  const seconds = spec.expirationSeconds ?? defaultSeconds
  const field = 'spec.expirationSeconds'
  if (seconds < minimumSeconds) return [invalid(field, seconds, 'may not specify a duration less than 10 minutes')]
  if (seconds > 2 ** 32) return [invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds')]
  return []
}

const invalidRequest = (name: string, errors: readonly FieldError[]) =>
  invalidObject({ group: authenticationGroup, kind: 'TokenRequest' }, name, errors)

export type TokenIssuer = (account: { namespace: string; name: string }, request: AnyObject) => Promise<AnyObject>

/** Answers the request with `status.token` filled in. */
export function newTokenIssuer(
  { clock, random, rests }: Pick<ApiServerDeps, 'clock' | 'random' | 'rests'>,
  signer: TokenSigner,
  { issuer, audiences }: { issuer: string; audiences: readonly string[] },
): TokenIssuer {
  const newUuid = newUuidSource(random)
  const get = async (resource: string, key: { name: string; namespace?: string }): Promise<AnyObject> => {
    const rest = rests.find('', 'v1', resource)
    if (!rest) throw notFound({ group: '', names: { plural: resource, singular: '' } }, key.name)
    return (await rest.get(key)).object
  }

  const bind = async (
    ref: NonNullable<TokenRequestSpec['boundObjectRef']>,
    account: { namespace: string; name: string },
  ): Promise<Pick<KubernetesClaims, 'pod' | 'secret' | 'node'>> => {
    const ofCore = !ref.apiVersion?.includes('/')
    const entry = Object.entries(kindOfResource).find(([, kind]) => kind === ref.kind && ofCore)
    if (!entry) throw badRequest(`cannot bind token to object of type ${formatGvk(ref.apiVersion, ref.kind)}`)
    const resource = entry[0] as BoundResource
    const inNamespace = resource === 'nodes' ? {} : { namespace: account.namespace }
    const { name = '' } = ref
    const object = await get(resource, { name, ...inNamespace })
    const spec = (object.spec ?? {}) as { serviceAccountName?: string; nodeName?: string }
    if (resource === 'pods' && spec.serviceAccountName !== account.name)
      throw badRequest(
        `cannot bind token for serviceaccount ${JSON.stringify(account.name)} to pod running with different serviceaccount name.`,
      )
    const uid = object.metadata.uid ?? ''
    const bound: BoundObject = { name, uid }
    if (ref.uid && ref.uid !== uid)
      throw conflict(
        { group: '', names: { plural: kindOfResource[resource], singular: '' } },
        name,
        `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      )
    if (resource === 'secrets') return { secret: bound }
    if (resource === 'nodes') return { node: bound }
    if (!spec.nodeName) return { pod: bound }
    // A node that is gone is still named, so that one can tell where the pod was.
    const node = await get('nodes', { name: spec.nodeName }).catch(() => undefined)
    const { uid: nodeUid } = node?.metadata ?? {}
    return { pod: bound, node: { name: spec.nodeName, ...(nodeUid && { uid: nodeUid }) } as BoundObject }
  }

  return async ({ namespace, name }, request) => {
    const spec = { ...((request.spec as TokenRequestSpec | undefined) ?? {}) }
    const mismatch = (['name', 'namespace'] as const).find(
      f => (request.metadata?.[f] || { name, namespace }[f]) !== { name, namespace }[f],
    )
    if (mismatch)
      throw invalidRequest(name, [
        invalid(
          `metadata.${mismatch}`,
          request.metadata[mismatch],
          `must match the service account ${mismatch} if specified`,
        ),
      ])
    const account = await get('serviceaccounts', { namespace, name })
    const { uid = '' } = request.metadata ?? {}
    if (uid && uid !== account.metadata.uid)
      throw conflict(
        { group: authenticationGroup, names: { plural: 'TokenRequest', singular: '' } },
        name,
        `the UID in the token request (${uid}) does not match the UID of the service account (${account.metadata.uid})`,
      )
    const errors = validate(spec)
    if (errors.length) throw invalidRequest('', errors)
    const bound = spec.boundObjectRef ? await bind(spec.boundObjectRef, { namespace, name }) : {}
    const own = !spec.audiences?.length
    const wanted = own ? [...audiences] : spec.audiences!
    const now = Math.floor(clock.now() / 1000)
    const seconds = spec.expirationSeconds ?? defaultSeconds
    const isPodToken = seconds === podTokenSeconds && !!bound.pod && wanted.every(a => audiences.includes(a))
    const lifetime = isPodToken ? extendedSeconds : seconds
    const token = await signer.sign({
      aud: wanted,
      exp: now + lifetime,
      iat: now,
      iss: issuer,
      jti: newUuid(),
      'kubernetes.io': {
        namespace,
        ...bound,
        serviceaccount: { name, uid: account.metadata.uid ?? '' },
        ...(isPodToken && { warnafter: now + seconds }),
      },
      nbf: now,
      sub: serviceAccountUserName(namespace, name),
    })
    return {
      kind: 'TokenRequest',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {
        ...request.metadata,
        name,
        namespace,
        uid: account.metadata.uid,
        creationTimestamp: formatTime(now * 1000),
      },
      spec: { audiences: wanted, expirationSeconds: seconds, boundObjectRef: spec.boundObjectRef ?? null },
      status: { token, expirationTimestamp: formatTime((now + seconds) * 1000) },
    }
  }
}

const formatGvk = (apiVersion = '', kind = '') =>
  `${apiVersion.includes('/') ? apiVersion : `/${apiVersion}`}, Kind=${kind}`
