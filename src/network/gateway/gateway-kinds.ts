/** The kinds of the Gateway API, as far as they are acted upon: their definitions are installed by those who want them. */
import type { Condition, LabelSelector } from '../../apis/generated/meta-v1.js'
import type { KindRef } from '../../machinery/kind.js'
import type { KubernetesObject } from '../../machinery/object-meta.js'

export const gatewayGroup = 'gateway.networking.k8s.io'
/** In `spec.controllerName` of classes that are served here. */
export const controllerName = 'minik8s.dev/gateway'

export interface GatewayClass extends KubernetesObject {
  spec: { controllerName: string }
  status?: { conditions?: Condition[]; supportedFeatures?: { name: string }[] }
}

export interface ObjectRef {
  group?: string
  kind?: string
  namespace?: string
  name: string
}

export interface Listener {
  name: string
  hostname?: string
  port: number
  protocol: string
  tls?: { mode?: string; certificateRefs?: ObjectRef[] }
  allowedRoutes?: {
    namespaces?: { from?: string; selector?: LabelSelector }
    kinds?: { group?: string; kind: string }[]
  }
}

export interface ListenerStatus {
  name: string
  supportedKinds: { group: string; kind: string }[]
  attachedRoutes: number
  conditions: Condition[]
}

export interface Gateway extends KubernetesObject {
  spec: { gatewayClassName: string; listeners: Listener[]; addresses?: { type?: string; value?: string }[] }
  status?: { addresses?: { type?: string; value: string }[]; conditions?: Condition[]; listeners?: ListenerStatus[] }
}

export interface ParentRef extends ObjectRef {
  sectionName?: string
  port?: number
}

interface NamedValue {
  name: string
  value: string
}

interface PathModifier {
  type: string
  replaceFullPath?: string
  replacePrefixMatch?: string
}

interface HeaderFilter {
  set?: NamedValue[]
  add?: NamedValue[]
  remove?: string[]
}

export interface RouteFilter {
  type: string
  requestHeaderModifier?: HeaderFilter
  responseHeaderModifier?: HeaderFilter
  requestRedirect?: { scheme?: string; hostname?: string; path?: PathModifier; port?: number; statusCode?: number }
  requestMirror?: { backendRef: BackendRef; percent?: number; fraction?: { numerator: number; denominator?: number } }
  urlRewrite?: { hostname?: string; path?: PathModifier }
}

export interface BackendRef extends ObjectRef {
  port?: number
  weight?: number
  filters?: RouteFilter[]
}

export interface RouteMatch {
  path?: { type?: string; value?: string }
  headers?: (NamedValue & { type?: string })[]
  queryParams?: (NamedValue & { type?: string })[]
  method?: string
}

export interface RouteRule {
  matches?: RouteMatch[]
  filters?: RouteFilter[]
  backendRefs?: BackendRef[]
  /** Such as `1m30s`; zero is none. */
  timeouts?: { request?: string; backendRequest?: string }
}

export interface RouteParentStatus {
  parentRef: ParentRef
  controllerName: string
  conditions: Condition[]
}

export interface HttpRoute extends KubernetesObject {
  spec: { parentRefs?: ParentRef[]; hostnames?: string[]; rules?: RouteRule[] }
  status?: { parents?: RouteParentStatus[] }
}

export interface ReferenceGrant extends KubernetesObject {
  spec: {
    from: { group: string; kind: string; namespace: string }[]
    to: { group: string; kind: string; name?: string }[]
  }
}

const kindRef = <T extends KubernetesObject>(
  kind: string,
  plural: string,
  more: Partial<KindRef<T>> = {},
): KindRef<T> => ({
  group: gatewayGroup,
  version: 'v1',
  kind,
  scope: 'Namespaced',
  names: { plural, singular: kind.toLowerCase() },
  ...more,
})

export const gatewayClassKind = kindRef<GatewayClass>('GatewayClass', 'gatewayclasses', { scope: 'Cluster' })
export const gatewayKind = kindRef<Gateway>('Gateway', 'gateways')
export const httpRouteKind = kindRef<HttpRoute>('HTTPRoute', 'httproutes')
export const referenceGrantKind = kindRef<ReferenceGrant>('ReferenceGrant', 'referencegrants', { version: 'v1beta1' })
