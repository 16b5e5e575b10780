/** Where HTTPRoutes attach, what becomes of their back ends, and what is said about both. Pure. */
import { matchesLabels } from '../../machinery/selector/label-selector.js'
import type { HttpRule, ServicePortRef } from '../http-router/http-rule.js'
import {
  type BackendRef,
  gatewayGroup,
  type HttpRoute,
  type Listener,
  type ParentRef,
  type ReferenceGrant,
} from './gateway-kinds.js'
import { meetingHosts } from './hostnames.js'
import { type Flaw, isServed, type PlannedListener } from './plan-listeners.js'
import { isGranted } from './reference-grants.js'
import { backendsOf, foreignFilters, planRouteRules } from './route-rules.js'

export interface RouteWorld {
  grants: readonly ReferenceGrant[]
  /** Listeners of a Gateway that is served here; undefined: there is none such. */
  listenersOf(key: { namespace: string; name: string }): readonly PlannedListener[] | undefined
  labelsOf(namespace: string): Readonly<Record<string, string>> | undefined
  hasPort(port: ServicePortRef): boolean
}

export interface PlannedParent {
  parentRef: ParentRef
  /** Why the route is not attached. */
  refused?: Flaw | undefined
  listeners: readonly PlannedListener[]
}

export interface PlannedRoute {
  route: HttpRoute
  parents: PlannedParent[]
  unresolved?: Flaw | undefined
  rules: HttpRule[]
}

function letsIn({ gateway, listener, supportedKinds }: PlannedListener, namespace: string, world: RouteWorld): boolean {
  if (!supportedKinds.length) return false
  const { from = 'Same', selector }: NonNullable<NonNullable<Listener['allowedRoutes']>['namespaces']> =
    listener.allowedRoutes?.namespaces ?? {}
  if (from === 'All') return true
  if (from === 'Same') return namespace === gateway.metadata.namespace
  return from === 'Selector' && matchesLabels(selector, world.labelsOf(namespace) ?? {})
}

/** Undefined: not a Gateway of ours, so nothing is said of it. */
function planParent(route: HttpRoute, parentRef: ParentRef, world: RouteWorld): PlannedParent | undefined {
  const { group = gatewayGroup, kind = 'Gateway', name, sectionName, port } = parentRef
  if (group !== gatewayGroup || kind !== 'Gateway') return undefined
  const own = route.metadata.namespace ?? ''
  const all = world.listenersOf({ namespace: parentRef.namespace ?? own, name })
  if (!all) return undefined
  const refused = (reason: string, message: string): PlannedParent => ({
    parentRef,
    refused: { reason, message },
    listeners: [],
  })
  const foreign = foreignFilters(route)
  if (foreign.length) return refused('UnsupportedValue', `Filters that are not to be had here: ${foreign.join(', ')}`)
  const named = all.filter(
    ({ listener }) =>
      (sectionName === undefined || listener.name === sectionName) && (port === undefined || listener.port === port),
  )
  if (!named.length) return refused('NoMatchingParent', 'The Gateway has no such listener')
  const open = named.filter(listener => letsIn(listener, own, world))
  if (!open.length) return refused('NotAllowedByListeners', 'No listener lets routes of this namespace in')
  const met = open.filter(({ listener }) => meetingHosts(listener.hostname, route.spec.hostnames).length)
  if (!met.length) return refused('NoMatchingListenerHostname', 'No listener is for one of the host names')
  return { parentRef, listeners: met }
}

/** What is wrong with a back end; undefined: nothing. */
function flawOf(route: HttpRoute, ref: BackendRef, world: RouteWorld): Flaw | undefined {
  const { group = '', kind = 'Service', name, port = 0 } = ref
  if (group !== '' || kind !== 'Service') return { reason: 'InvalidKind', message: `${kind} is no back end here` }
  const own = route.metadata.namespace ?? ''
  const namespace = ref.namespace ?? own
  const reference = { from: { kind: 'HTTPRoute', namespace: own }, to: { group, kind, namespace, name } }
  if (!isGranted(reference, world.grants))
    return { reason: 'RefNotPermitted', message: `No ReferenceGrant allows Service ${namespace}/${name}` }
  if (!world.hasPort({ namespace, service: name, port }))
    return { reason: 'BackendNotFound', message: `Service ${namespace}/${name} has no port ${port}, or is not there` }
  return undefined
}

/** `undefined` where no parent is ours. */
export function planRoute(route: HttpRoute, world: RouteWorld): PlannedRoute | undefined {
  const parents = (route.spec.parentRefs ?? []).flatMap(ref => planParent(route, ref, world) ?? [])
  if (!parents.length) return undefined
  const refs = (route.spec.rules ?? []).flatMap(backendsOf)
  const flaws = new Map(refs.map(ref => [ref, flawOf(route, ref, world)]))
  const find = (ref: BackendRef): ServicePortRef | undefined => {
    if (flaws.get(ref) || !ref.port) return undefined
    return { namespace: ref.namespace ?? route.metadata.namespace ?? '', service: ref.name, port: ref.port }
  }
  const at = new Set(parents.flatMap(({ listeners }) => listeners).filter(isServed))
  const rules = [...at].flatMap(({ listener, places }) => {
    const hosts = meetingHosts(listener.hostname, route.spec.hostnames)
    return planRouteRules(route, { places, listener: listener.hostname, hosts }, find)
  })
  return { route, parents, rules, unresolved: [...flaws.values()].find(flaw => flaw) }
}
