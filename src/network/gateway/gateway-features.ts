/** What of the Gateway API is served here beyond its core, by upstream's names for it: tools read it from the GatewayClass. */

const routeFeatures = [
  'BackendProtocolH2C',
  'BackendProtocolWebSocket',
  'BackendRequestHeaderModification',
  'BackendTimeout',
  'DestinationPortMatching',
  'HostRewrite',
  'MethodMatching',
  'NamedRouteRule',
  'ParentRefPort',
  'PathRedirect',
  'PathRewrite',
  'PortRedirect',
  'QueryParamMatching',
  'RequestMirror',
  'RequestMultipleMirrors',
  'RequestPercentageMirror',
  'RequestTimeout',
  'ResponseHeaderModification',
  'SchemeRedirect',
]

/** In the order that the API asks for. */
export const supportedFeatures: readonly string[] = [
  'Gateway',
  'GatewayAddressEmpty',
  'GatewayHTTPListenerIsolation',
  'GatewayPort8080',
  'GatewayStaticAddresses',
  'HTTPRoute',
  ...routeFeatures.map(name => `HTTPRoute${name}`),
  'ReferenceGrant',
]
