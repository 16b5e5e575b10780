/** What is said in the status of GatewayClasses, Gateways and HTTPRoutes. Pure. */
import { newConditions } from './conditions.js'
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
  /** Where Gateways are reached. */
  address: string
  /** Whether a port is listened on. */
  isOpen(port: number): boolean
}

const about = (object: { metadata: { generation?: number } }, now: string) => ({
  generation: object.metadata.generation ?? 0,
  now,
})

export const classStatus = (own: GatewayClass, now: string): NonNullable<GatewayClass['status']> => ({
  conditions: newConditions([{ type: 'Accepted', reason: 'Accepted' }], {
    ...about(own, now),
    before: own.status?.conditions,
  }),
})

function listenerStatus(planned: PlannedListener, attachedRoutes: number, place: GatewayPlace): ListenerStatus {
  const { gateway, listener, supportedKinds, refused, conflict, unresolved } = planned
  const closed = place.isOpen(listener.port)
    ? undefined
    : { reason: 'Pending', message: `Port ${listener.port} is taken on this machine` }
  const unserved = isServed(planned) ? closed : { reason: 'Invalid', message: 'The listener is not served' }
  const before = gateway.status?.listeners?.find(({ name }) => name === listener.name)?.conditions
  const claims = [
    { type: 'Accepted', reason: 'Accepted', flaw: refused ?? conflict },
    { type: 'Programmed', reason: 'Programmed', flaw: unserved },
    { type: 'ResolvedRefs', reason: 'ResolvedRefs', flaw: unresolved },
    { type: 'Conflicted', reason: 'NoConflicts', flaw: conflict, isComplaint: true },
  ]
  const conditions = newConditions(claims, { ...about(gateway, place.now), before })
  return { name: listener.name, supportedKinds, attachedRoutes, conditions }
}

/** `attached` counts the routes of a listener. */
export function gatewayStatus(
  gateway: Gateway,
  listeners: readonly { planned: PlannedListener; attached: number }[],
  place: GatewayPlace,
): NonNullable<Gateway['status']> {
  const served = listeners.filter(({ planned }) => isServed(planned))
  const isWhole = served.length === listeners.length
  const invalid = isWhole ? undefined : { reason: 'ListenersNotValid', message: 'Not all listeners are served' }
  const isOpen = served.some(({ planned }) => place.isOpen(planned.listener.port))
  const closed = isOpen
    ? undefined
    : { reason: served.length ? 'Pending' : 'Invalid', message: 'Nothing is listened on' }
  const claims = [
    { type: 'Accepted', reason: 'Accepted', flaw: invalid, holdsAnyway: served.length > 0 },
    { type: 'Programmed', reason: 'Programmed', flaw: closed },
  ]
  return {
    addresses: [{ type: 'IPAddress', value: place.address }],
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
