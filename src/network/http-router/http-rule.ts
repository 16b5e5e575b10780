/** What HTTP traffic is routed by, whoever declares it: Ingresses and the routes of Gateways become rules like these. */

/** A service's port, by its number or its name. */
export interface ServicePortRef {
  namespace: string
  service: string
  port: number | string
}

export interface PathMatch {
  /** Prefixes count whole elements: `/a` is one of `/a/b`, not of `/ab`. Regular expressions are for the whole path. */
  type: 'Exact' | 'Prefix' | 'RegularExpression'
  /** Begins with a slash. */
  value: string
}

/** Of a header or a parameter of the query. */
export interface ValueMatch {
  /** Of headers in lower case. */
  name: string
  value: string
  isPattern?: boolean
}

export interface HeaderChanges {
  /** In place of what is there. */
  set: readonly (readonly [name: string, value: string])[]
  /** After what is there. */
  add: readonly (readonly [name: string, value: string])[]
  remove: readonly string[]
}

/** Of a path: all of it, or the prefix that was matched. */
export interface PathChange {
  type: 'whole' | 'prefix'
  value: string
}

export interface Redirect {
  /** What is not said stays as it was asked for. */
  scheme?: string
  host?: string
  port?: number
  path?: PathChange
  status: number
}

/** A backend that gets copies of requests. */
export interface Mirror {
  to: ServicePortRef
  /** Of the requests, from 0 to 1. */
  share: number
}

/** What is done to a request on its way to a backend, and to its answer. */
export interface HttpFilters {
  requestHeaders?: HeaderChanges
  responseHeaders?: HeaderChanges
  rewriteHost?: string
  rewritePath?: PathChange
  redirect?: Redirect
  mirrors?: readonly Mirror[]
}

export interface WeightedBackend {
  /** Undefined: there is none such; its share of the requests is answered by 500. */
  to: ServicePortRef | undefined
  weight: number
  filters?: HttpFilters
}

/** Where requests come in, as it is declared: what is really listened on is the front door's matter. */
export interface HttpPlace {
  /** Absent: the door's own address. */
  address?: string
  port: number
}

/** Of several at a place, a request is for the one whose host is most specific, whether that has a rule for it or not. */
export interface HostListener extends HttpPlace {
  /** A name, `*.` and a name, or empty: any. In lower case. */
  host: string
}

export interface HttpRule extends HttpPlace {
  /** Whose it is, for messages: `Ingress default/web`. */
  source: string
  /** A name, `*.` and a name, or empty: any. In lower case. */
  host: string
  /** Whether the wildcard stands for several labels. */
  isDeep?: boolean
  /** Host of the listener that it is attached to, as `host`, deep: it sees no requests that a more specific listener at its place is for. */
  listener?: string
  /** For requests that no other rule takes. */
  isDefault?: boolean
  path: PathMatch
  method?: string
  headers?: readonly ValueMatch[]
  query?: readonly ValueMatch[]
  /** Among equal rules the first in this order wins. */
  order: string
  /** Milliseconds within which the answer has to be there; without, as long as it takes. */
  deadlineMs?: number
  filters?: HttpFilters
  backends: readonly WeightedBackend[]
}

/** A request as far as rules look at it. */
export interface RequestHead extends HttpPlace {
  /** Without a port, in lower case. */
  host: string
  /** Without the query, normalized. */
  path: string
  /** Without the question mark. */
  query: string
  method: string
  headers: Readonly<Record<string, string | readonly string[] | undefined>>
}
