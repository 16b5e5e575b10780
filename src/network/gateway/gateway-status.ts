/** What is said in the status of GatewayClasses, Gateways and HTTPRoutes. Pure. */
import type { PortOf } from '../http-router/front-door.js'
import { newConditions } from './conditions.js'
import type { GatewayAddresses } from './gateway-addresses.js'
import { supportedFeatures } from './gateway-features.js'
import {
  controllerName,
  type Gateway,
  type GatewayClass,
  type HttpRoute,
  type ListenerStatus,
  type ParentRef,
  type RouteParentStatus,
} from './gateway-kinds.js'
import { isServed, type PlannedListener } from './plan-listeners.js'
import type { PlannedRoute } from './plan-routes.js'

export interface GatewayPlace {
  /** RFC 3339. */
  now: string
  portOf: PortOf
}

const isOpen = ({ places }: PlannedListener, { portOf }: GatewayPlace) =>
  places.some(place => portOf(place) !== undefined)

/** Where it is reached, where that is not what it asks for. */
function elsewhere({ places, listener: { port } }: PlannedListener, { portOf }: GatewayPlace): string {
  const others = new Set(places.map(portOf).filter(actual => actual !== undefined && actual !== port))
  return others.size ? `Reached at port ${[...others].join(', ')}: ${port} is not to be had` : ''
}

const about = (object: { metadata: { generation?: number } }, now: string) => ({
  generation: object.metadata.generation ?? 0,
  now,
})

/** Not all versions of the definitions have room for the names of features. */
export const classStatus = (
  own: GatewayClass,
  { now, listsFeatures }: { now: string; listsFeatures: boolean },
): NonNullable<GatewayClass['status']> => ({
  ...(listsFeatures && { supportedFeatures: supportedFeatures.map(name => ({ name })) }),
  conditions: newConditions([{ type: 'Accepted', reason: 'Accepted' }], {
    ...about(own, now),
    before: own.status?.conditions,
  }),
})

function listenerStatus(planned: PlannedListener, attachedRoutes: number, place: GatewayPlace): ListenerStatus {
  const { gateway, listener, supportedKinds, refused, conflict, unresolved } = planned
  const why = planned.places.length ? `Port ${listener.port} is taken on this machine` : 'The Gateway has no address'
  const closed = isOpen(planned, place) ? undefined : { reason: 'Pending', message: why }
  const unserved = isServed(planned) ? closed : { reason: 'Invalid', message: 'The listener is not served' }
  const before = gateway.status?.listeners?.find(({ name }) => name === listener.name)?.conditions
  const claims = [
    { type: 'Accepted', reason: 'Accepted', flaw: refused ?? conflict },
    { type: 'Programmed', reason: 'Programmed', flaw: unserved, note: elsewhere(planned, place) },
    { type: 'ResolvedRefs', reason: 'ResolvedRefs', flaw: unresolved },
    { type: 'Conflicted', reason: 'NoConflicts', flaw: conflict, isComplaint: true },
  ]
  const conditions = newConditions(claims, { ...about(gateway, place.now), before })
  return { name: listener.name, supportedKinds, attachedRoutes, conditions }
}

export interface PlannedGateway {
  gateway: Gateway
  addresses: GatewayAddresses
  /** `attached` counts the routes of a listener. */
  listeners: readonly { planned: PlannedListener; attached: number }[]
}

export function gatewayStatus(
  { gateway, addresses: { addresses, refused, lacking }, listeners }: PlannedGateway,
  place: GatewayPlace,
): NonNullable<Gateway['status']> {
  const served = listeners.filter(({ planned }) => isServed(planned))
  const isWhole = served.length === listeners.length
  const invalid = isWhole ? undefined : { reason: 'ListenersNotValid', message: 'Not all listeners are served' }
  const closed = served.some(({ planned }) => isOpen(planned, place))
    ? undefined
    : { reason: served.length && !refused ? 'Pending' : 'Invalid', message: 'Nothing is listened on' }
  const claims = [
    { type: 'Accepted', reason: 'Accepted', flaw: refused ?? invalid, holdsAnyway: !refused && served.length > 0 },
    { type: 'Programmed', reason: 'Programmed', flaw: lacking ?? closed },
  ]
  return {
    addresses: addresses.map(value => ({ type: 'IPAddress', value })),
    conditions: newConditions(claims, { ...about(gateway, place.now), before: gateway.status?.conditions }),
    listeners: listeners.map(({ planned, attached }) => listenerStatus(planned, attached, place)),
  }
}

const isSameParent = (a: ParentRef, b: ParentRef) =>
  a.name === b.name && a.namespace === b.namespace && a.sectionName === b.sectionName && a.port === b.port

/** What others say of their Gateways stays. Undefined: there is nothing to say, and nothing to take back. */
export function routeStatus(
  route: HttpRoute,
  planned: PlannedRoute | undefined,
  now: string,
): HttpRoute['status'] | undefined {
  const before = route.status?.parents ?? []
  const others = before.filter(parent => parent.controllerName !== controllerName)
  if (!planned && others.length === before.length) return undefined
  const own = (planned?.parents ?? []).map(({ parentRef, refused }): RouteParentStatus => {
    const old = before.find(p => p.controllerName === controllerName && isSameParent(p.parentRef, parentRef))
    const claims = [
      { type: 'Accepted', reason: 'Accepted', flaw: refused },
      { type: 'ResolvedRefs', reason: 'ResolvedRefs', flaw: planned?.unresolved },
    ]
    return {
      parentRef,
      controllerName,
      conditions: newConditions(claims, { ...about(route, now), before: old?.conditions }),
    }
  })
  return { parents: [...others, ...own] }
}
