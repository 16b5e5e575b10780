/** Rules of HTTPRoutes in the router's terms. */
import type {
  HeaderChanges,
  HttpFilters,
  HttpPlace,
  HttpRule,
  Mirror,
  PathChange,
  PathMatch,
  ValueMatch,
  WeightedBackend,
} from '../http-router/http-rule.js'
import type { BackendRef, HttpRoute, RouteFilter, RouteMatch, RouteRule } from './gateway-kinds.js'

const foundStatus = 302
const pathTypes: Record<string, PathMatch['type']> = {
  Exact: 'Exact',
  PathPrefix: 'Prefix',
  RegularExpression: 'RegularExpression',
}

type HeaderFilter = NonNullable<RouteFilter['requestHeaderModifier']>
const headerChanges = ({ set = [], add = [], remove = [] }: HeaderFilter): HeaderChanges => ({
  set: set.map(({ name, value }) => [name, value] as const),
  add: add.map(({ name, value }) => [name, value] as const),
  remove,
})

type PathModifier = NonNullable<NonNullable<RouteFilter['urlRewrite']>['path']>
const pathChange = ({ type, replaceFullPath = '/', replacePrefixMatch = '' }: PathModifier): PathChange =>
  type === 'ReplaceFullPath' ? { type: 'whole', value: replaceFullPath } : { type: 'prefix', value: replacePrefixMatch }

/** What one filter asks for; undefined where that is not to be had here. */
function planFilter(filter: RouteFilter): HttpFilters | undefined {
  const { type, requestHeaderModifier, responseHeaderModifier, requestRedirect: redirect, urlRewrite } = filter
  if (type === 'RequestHeaderModifier' && requestHeaderModifier)
    return { requestHeaders: headerChanges(requestHeaderModifier) }
  if (type === 'ResponseHeaderModifier' && responseHeaderModifier)
    return { responseHeaders: headerChanges(responseHeaderModifier) }
  if (type === 'URLRewrite' && urlRewrite) {
    const { hostname, path } = urlRewrite
    return { ...(hostname && { rewriteHost: hostname }), ...(path && { rewritePath: pathChange(path) }) }
  }
  // Where it goes is found out with the back ends.
  if (type === 'RequestMirror' && filter.requestMirror) return {}
  if (type !== 'RequestRedirect' || !redirect) return undefined
  const { scheme, hostname, path, port, statusCode = foundStatus } = redirect
  return {
    redirect: {
      status: statusCode,
      ...(scheme && { scheme }),
      ...(hostname && { host: hostname }),
      ...(port && { port }),
      ...(path && { path: pathChange(path) }),
    },
  }
}

function planMirror({ requestMirror }: RouteFilter, find: FindBackend): Mirror[] {
  if (!requestMirror) return []
  const { backendRef, percent, fraction } = requestMirror
  const to = find(backendRef)
  const { numerator, denominator = 100 } = fraction ?? { numerator: percent ?? 100 }
  return to ? [{ to, share: numerator / denominator }] : []
}

function planFilters(filters: readonly RouteFilter[] = [], find: FindBackend): HttpFilters {
  const mirrors = filters.flatMap(filter => planMirror(filter, find))
  return Object.assign({}, ...filters.map(filter => planFilter(filter) ?? {}), mirrors.length ? { mirrors } : {})
}

/** All back ends that a rule names, those of its filters included. */
export const backendsOf = ({ backendRefs = [], filters = [] }: RouteRule): BackendRef[] => {
  const all = [...filters, ...backendRefs.flatMap(ref => ref.filters ?? [])]
  return [...backendRefs, ...all.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? [])]
}

const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 }
const durationMs = (text = ''): number =>
  [...text.matchAll(/(\d+)(ms|[hms])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * (unitMs[unit!] ?? 0), 0)

/** Nothing is tried twice: whichever is over first ends the request. */
function deadlineOf({ timeouts }: RouteRule): Pick<HttpRule, 'deadlineMs'> {
  const all = [durationMs(timeouts?.request), durationMs(timeouts?.backendRequest)].filter(ms => ms > 0)
  return all.length ? { deadlineMs: Math.min(...all) } : {}
}

/** Types of filters of a route that are not to be had here. */
export const foreignFilters = ({ spec }: HttpRoute): string[] =>
  (spec.rules ?? [])
    .flatMap(({ filters = [], backendRefs = [] }) => [...filters, ...backendRefs.flatMap(ref => ref.filters ?? [])])
    .filter(filter => !planFilter(filter))
    .map(({ type }) => type)

type RouteValue = NonNullable<RouteMatch['headers']>[number]
const valueMatch = ({ type, name, value }: RouteValue, isHeader: boolean): ValueMatch => ({
  name: isHeader ? name.toLowerCase() : name,
  value,
  ...(type === 'RegularExpression' && { isPattern: true }),
})

/** The first of several for one name counts. */
function distinct(values: readonly RouteValue[] | undefined, isHeader: boolean): ValueMatch[] {
  const all = (values ?? []).map(value => valueMatch(value, isHeader))
  return all.filter(({ name }, i) => all.findIndex(other => other.name === name) === i)
}

const planMatch = ({ path, headers, queryParams, method }: RouteMatch) => ({
  path: { type: pathTypes[path?.type ?? 'PathPrefix'] ?? 'Prefix', value: path?.value ?? '/' },
  headers: distinct(headers, true),
  query: distinct(queryParams, false),
  ...(method && { method }),
})

export type FindBackend = (ref: BackendRef) => WeightedBackend['to']

function planRule(rule: RouteRule, find: FindBackend): Pick<HttpRule, 'filters' | 'backends' | 'deadlineMs'> {
  const backends = (rule.backendRefs ?? []).map(ref => ({
    to: find(ref),
    weight: ref.weight ?? 1,
    filters: planFilters(ref.filters, find),
  }))
  return { filters: planFilters(rule.filters, find), backends, ...deadlineOf(rule) }
}

export interface RouteAt {
  places: readonly HttpPlace[]
  /** Host of the listener; undefined: any. */
  listener: string | undefined
  /** Where listener and route meet. */
  hosts: readonly string[]
}

const digits = (index: number) => String(index).padStart(4, '0')

/** The rules of a route at a listener. Among equals the oldest route wins, in it the first rule. */
export function planRouteRules(
  route: HttpRoute,
  { places, listener = '', hosts }: RouteAt,
  find: FindBackend,
): HttpRule[] {
  const { creationTimestamp = '', namespace, name } = route.metadata
  return (route.spec.rules ?? [{}]).flatMap((rule, i) => {
    const planned = planRule(rule, find)
    const matches = rule.matches?.length ? rule.matches : [{}]
    return matches.flatMap((match, j) => {
      const base = {
        source: `HTTPRoute ${namespace}/${name}`,
        order: `${creationTimestamp} ${namespace}/${name} ${digits(i)} ${digits(j)}`,
        isDeep: true,
        listener: listener.toLowerCase(),
        ...planMatch(match),
        ...planned,
      }
      return places.flatMap(place => hosts.map(host => ({ ...base, ...place, host })))
    })
  })
}
