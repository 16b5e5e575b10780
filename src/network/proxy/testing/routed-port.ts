/** Routes of a service, for tests. */
import type { RoutedPort, ServiceRoutes } from '../service-ports.js'

/** Port 80 of `shop/web` at 10.96.0.7, without a pod; what follows from the pods is told by `backends`. */
export function routedPort(rest: Partial<RoutedPort> = {}): RoutedPort {
  const backends = rest.backends ?? []
  return {
    id: 'shop/web:http',
    protocol: 'tcp',
    port: 80,
    clusterIps: ['10.96.0.7'],
    externalIps: [],
    balancerIps: [],
    sourceRanges: [],
    nodePort: 0,
    balanced: false,
    affinitySeconds: 0,
    hasEndpoints: backends.length > 0,
    backends,
    byNode: new Map(),
    cluster: backends,
    external: backends,
    ...rest,
  }
}

export const routesOf = (...ports: RoutedPort[]): ServiceRoutes => ({
  ports,
  healthCheckNodePort: 0,
  localEndpoints: 0,
})
