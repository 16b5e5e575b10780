/** Health-check node ports: load balancers elsewhere ask there whether a service with `externalTrafficPolicy: Local` has pods here. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Logger } from '../../telemetry/logger.js'
import type { ServiceRoutes } from './service-ports.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'

export interface HealthCheckOptions {
  /** Where it listens. */
  address: string
  log: Logger
}

interface Check {
  port: number
  server: Server
  localEndpoints: number
}

/** Upstream's answer, to the blank. */
function answer(key: string, { localEndpoints }: Check, response: ServerResponse): void {
  const [namespace = '', name = ''] = key.split('/')
  response.writeHead(localEndpoints ? 200 : 503, {
    'Content-Type': 'application/json',
    'X-Content-Type-Options': 'nosniff',
    'X-Load-Balancing-Endpoint-Weight': String(localEndpoints),
  })
  response.end(
    `{\n\t"service": {\n\t\t"namespace": ${JSON.stringify(namespace)},\n\t\t"name": ${JSON.stringify(name)}\n\t},\n` +
      `\t"localEndpoints": ${localEndpoints},\n\t"serviceProxyHealthy": true\n}`,
  )
}

class HealthChecks implements RouteCarrier {
  readonly #checks = new Map<string, Check>()

  constructor(private readonly options: HealthCheckOptions) {}

  async apply(changed: ChangedRoutes): Promise<void> {
    // First what goes: another service may have its port now.
    const gone = [...changed].filter(
      ([key, routes]) => this.#checks.get(key)?.port !== (routes?.healthCheckNodePort ?? 0),
    )
    await Promise.all(gone.map(([key]) => this.#close(key)))
    await Promise.all([...changed].map(([key, routes]) => routes?.healthCheckNodePort && this.#open(key, routes)))
  }

  async #open(key: string, { healthCheckNodePort: port, localEndpoints }: ServiceRoutes): Promise<void> {
    const known = this.#checks.get(key)
    if (known) {
      known.localEndpoints = localEndpoints
      return
    }
    const check: Check = { port, localEndpoints, server: createServer((_, response) => answer(key, check, response)) }
    this.#checks.set(key, check)
    await new Promise<void>(resolve => {
      check.server.once('error', error => {
        this.#checks.delete(key)
        this.options.log.warn({ service: key, port, error: error.message }, 'No health checks of a service')
        resolve()
      })
      // `::` alone would take the port of IPv4 too.
      check.server.listen({ port, host: this.options.address, ipv6Only: true }, resolve)
    })
  }

  async #close(key: string): Promise<void> {
    const server = this.#checks.get(key)?.server
    this.#checks.delete(key)
    server?.closeAllConnections()
    if (server) await new Promise(resolve => server.close(resolve))
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#checks.keys()].map(key => this.#close(key)))
  }
}

export const newHealthChecks = (options: HealthCheckOptions): RouteCarrier => new HealthChecks(options)
