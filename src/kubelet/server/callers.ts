/** Who calls the kubelet, and whether they may: certificates of the cluster's CA, tokens and rights as the API server says. */
import type { TLSSocket } from 'node:tls'
import type { TokenReview } from '../../apis/generated/authentication-v1.js'
import type { SubjectAccessReview } from '../../apis/generated/authorization-v1.js'
import type { Client } from '../../client/client.js'
import type { Clock } from '../../machinery/clock.js'
import type { KindRef } from '../../machinery/kind.js'
import type { UserInfo } from '../../machinery/request.js'
import type { NodeAttributes } from './request-attributes.js'

const tokenReviewKind: KindRef<TokenReview> = {
  group: 'authentication.k8s.io',
  version: 'v1',
  kind: 'TokenReview',
  scope: 'Cluster',
  names: { plural: 'tokenreviews', singular: 'tokenreview' },
}
const accessReviewKind: KindRef<SubjectAccessReview> = {
  group: 'authorization.k8s.io',
  version: 'v1',
  kind: 'SubjectAccessReview',
  scope: 'Cluster',
  names: { plural: 'subjectaccessreviews', singular: 'subjectaccessreview' },
}

/** Upstream's, in milliseconds. */
const tokenTtl = 120_000
const allowedTtl = 300_000
const deniedTtl = 30_000
const maxRemembered = 1_000

export interface CallersDeps {
  client: Client
  clock: Clock
  nodeName: string
}

class Remembered<T> {
  readonly #entries = new Map<string, { value: Promise<T>; until: number }>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A failure is not remembered. */
  get(key: string, make: () => Promise<T>, ttl: (value: T) => number): Promise<T> {
    const known = this.#entries.get(key)
    if (known && this.#clock.now() < known.until) return known.value
    if (this.#entries.size >= maxRemembered) this.#entries.clear()
    const value = make()
    const entry = { value, until: Number.POSITIVE_INFINITY }
    this.#entries.set(key, entry)
    value.then(
      made => {
        entry.until = this.#clock.now() + ttl(made)
      },
      () => this.#entries.delete(key),
    )
    return value
  }
}

const list = (value: string | string[] | undefined): string[] => (value === undefined ? [] : [value].flat())

/** The name and groups in a certificate that the CA has signed; undefined without one. */
export function certificateUser(socket: Pick<TLSSocket, 'authorized' | 'getPeerCertificate'>): UserInfo | undefined {
  if (!socket.authorized) return undefined
  const { subject } = socket.getPeerCertificate()
  const name = list(subject?.CN as string | string[] | undefined)[0]
  if (!name) return undefined
  return { name, groups: [...list(subject.O as string | string[] | undefined), 'system:authenticated'] }
}

export class Callers {
  readonly #deps: CallersDeps
  readonly #tokens: Remembered<UserInfo | undefined>
  readonly #rights: Remembered<boolean>

  constructor(deps: CallersDeps) {
    this.#deps = deps
    this.#tokens = new Remembered(deps.clock)
    this.#rights = new Remembered(deps.clock)
  }

  /** Undefined for a token that the API server does not know. */
  userOf(token: string): Promise<UserInfo | undefined> {
    return this.#tokens.get(
      token,
      () => this.#review(token),
      () => tokenTtl,
    )
  }

  async #review(token: string): Promise<UserInfo | undefined> {
    const body: TokenReview = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenReview',
      metadata: {},
      spec: { token },
    }
    const { status } = await this.#deps.client.create(tokenReviewKind, body)
    if (!status?.authenticated || !status.user?.username) return undefined
    const { username, uid, groups = [], extra } = status.user
    return { name: username, groups, ...(uid && { uid }), ...(extra && { extra }) }
  }

  async mayCall(user: UserInfo, { verb, subresources }: NodeAttributes): Promise<boolean> {
    for (const subresource of subresources) if (await this.#isAllowed(user, verb, subresource)) return true
    return false
  }

  #isAllowed(user: UserInfo, verb: string, subresource: string): Promise<boolean> {
    const key = JSON.stringify([user.name, user.uid, user.groups, user.extra, verb, subresource])
    return this.#rights.get(
      key,
      async () => {
        const { name, groups, uid, extra } = user
        const review = await this.#deps.client.create(accessReviewKind, {
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          metadata: {},
          spec: {
            user: name,
            groups: [...groups],
            ...(uid && { uid }),
            ...(extra && { extra: Object.fromEntries(Object.entries(extra).map(([k, v]) => [k, [...v]])) }),
            resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: this.#deps.nodeName },
          },
        })
        return review.status?.allowed ?? false
      },
      allowed => (allowed ? allowedTtl : deniedTtl),
    )
  }
}
