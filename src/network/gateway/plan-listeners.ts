/** Listeners of Gateways: which are served, which are not and why. Pure. */
import type { KeyPair } from '../../machinery/pki/certificates.js'
import type { HttpPlace } from '../http-router/http-rule.js'
import { type Gateway, gatewayGroup, type Listener, type ObjectRef, type ReferenceGrant } from './gateway-kinds.js'
import { isGranted } from './reference-grants.js'

export interface Flaw {
  reason: string
  message: string
}

export interface PlannedListener {
  gateway: Gateway
  listener: Listener
  isTls: boolean
  /** Where it is to be reached. */
  places: readonly HttpPlace[]
  certificate?: KeyPair
  supportedKinds: { group: string; kind: string }[]
  /** Why it is not served at all. */
  refused?: Flaw | undefined
  conflict?: Flaw | undefined
  /** Of what it refers to. */
  unresolved?: Flaw | undefined
}

export interface ListenerWorld {
  /** Of the Gateway; an empty one is where the front door is by itself. */
  addresses: readonly string[]
  grants: readonly ReferenceGrant[]
  /** Out of a secret; a sentence where that cannot be. */
  certificateOf(key: { namespace: string; name: string }): KeyPair | string
}

const httpRoutes = { group: gatewayGroup, kind: 'HTTPRoute' }

function supportedKinds({ allowedRoutes }: Listener): Pick<PlannedListener, 'supportedKinds' | 'unresolved'> {
  const asked = allowedRoutes?.kinds ?? []
  if (!asked.length) return { supportedKinds: [httpRoutes] }
  const known = asked.filter(({ group = gatewayGroup, kind }) => group === gatewayGroup && kind === 'HTTPRoute')
  const others = asked.filter(kind => !known.includes(kind)).map(({ kind }) => kind)
  if (!others.length) return { supportedKinds: [httpRoutes] }
  const unresolved = { reason: 'InvalidRouteKinds', message: `Not served here: ${others.join(', ')}` }
  return { supportedKinds: known.length ? [httpRoutes] : [], unresolved }
}

const invalidCertificate = (message: string): Flaw => ({ reason: 'InvalidCertificateRef', message })

function certificateFor(gateway: Gateway, ref: ObjectRef | undefined, world: ListenerWorld): KeyPair | { flaw: Flaw } {
  if (!ref) return { flaw: invalidCertificate('There is no certificate') }
  const { group = '', kind = 'Secret', name } = ref
  if (group !== '' || kind !== 'Secret')
    return { flaw: invalidCertificate(`${kind} is not a kind of certificates here`) }
  const own = gateway.metadata.namespace ?? ''
  const namespace = ref.namespace ?? own
  const reference = { from: { kind: 'Gateway', namespace: own }, to: { group, kind, namespace, name } }
  if (!isGranted(reference, world.grants))
    return { flaw: { reason: 'RefNotPermitted', message: `No ReferenceGrant allows Secret ${namespace}/${name}` } }
  const found = world.certificateOf({ namespace, name })
  return typeof found === 'string' ? { flaw: invalidCertificate(`Secret ${namespace}/${name}: ${found}`) } : found
}

function planListener(gateway: Gateway, listener: Listener, world: ListenerWorld): PlannedListener {
  const { protocol, tls } = listener
  const isTls = protocol === 'HTTPS'
  const { port } = listener
  const places = world.addresses.map(address => ({ port, ...(address && { address }) }))
  const planned: PlannedListener = { gateway, listener, isTls, places, ...supportedKinds(listener) }
  if (protocol !== 'HTTP' && !isTls)
    return {
      ...planned,
      supportedKinds: [],
      refused: { reason: 'UnsupportedProtocol', message: `${protocol} is not served here` },
    }
  if (!isTls) return planned
  if ((tls?.mode ?? 'Terminate') !== 'Terminate')
    return { ...planned, refused: { reason: 'UnsupportedValue', message: 'TLS is terminated here' } }
  const certificate = certificateFor(gateway, tls?.certificateRefs?.[0], world)
  return 'flaw' in certificate
    ? { ...planned, unresolved: planned.unresolved ?? certificate.flaw }
    : { ...planned, certificate }
}

/** Of listeners of one Gateway that cannot stand side by side, none is served. */
function conflictOf(own: Listener, others: readonly Listener[]): Flaw | undefined {
  const beside = others.filter(other => other !== own && other.port === own.port)
  if (beside.some(({ protocol }) => protocol !== own.protocol))
    return { reason: 'ProtocolConflict', message: `Port ${own.port} is asked for with several protocols` }
  if (beside.some(({ hostname }) => (hostname ?? '') === (own.hostname ?? '')))
    return { reason: 'HostnameConflict', message: `Port ${own.port} is asked for twice for one host` }
  return undefined
}

export const planListeners = (gateway: Gateway, world: ListenerWorld): PlannedListener[] =>
  gateway.spec.listeners.map(listener => ({
    ...planListener(gateway, listener, world),
    conflict: conflictOf(listener, gateway.spec.listeners),
  }))

/** Whether requests are let in there. */
export const isServed = ({ refused, conflict, isTls, certificate }: PlannedListener): boolean =>
  !refused && !conflict && (!isTls || certificate !== undefined)
