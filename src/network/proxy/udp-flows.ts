/**
 * Ends what the kernel remembers of UDP flows to pods that left a service. A client that goes on sending from one port would else be sent to
 * the pod that is gone for as long as it does not pause; TCP notices by itself.
 */

import { familyOf } from '../../machinery/ip-family.js'
import type { Logger } from '../../telemetry/logger.js'
import type { RunProgram } from '../run-program.js'
import type { Backend } from './backends.js'
import type { RoutedPort } from './service-ports.js'
import type { ChangedRoutes, RouteCarrier } from './service-routes.js'

/** Runs conntrack with these arguments. Rejects when there is no such program; that nothing matched is no failure. */
export type RunConntrack = (args: readonly string[]) => Promise<void>

const nothingDeleted = /0 flow entries have been deleted/
/** A flow that ends by itself while the program is at it stops the program: others may be left. */
const endedMeanwhile = /such conntrack doesn't exist/
const maxTries = 5

/** The program of conntrack-tools. */
export const newConntrack =
  (run: RunProgram): RunConntrack =>
  async args => {
    for (let tries = 1; ; tries++) {
      const error = await run('conntrack', args).then(
        () => undefined,
        error => error,
      )
      if (!error || nothingDeleted.test(error.stderr)) return
      if (!endedMeanwhile.test(error.stderr) || tries === maxTries) throw error
    }
  }

interface Flow {
  /** Node ports are to any address. */
  to: { ip?: string; port: number }
  backend: Backend
}

/** Every way to every backend, by all four. */
function flowsOf(port: RoutedPort): Map<string, Flow> {
  const ways: Flow['to'][] = [...port.clusterIps, ...port.externalIps].map(ip => ({ ip, port: port.port }))
  if (port.nodePort) ways.push({ port: port.nodePort })
  const flows = ways.flatMap(to => [...port.backends, ...port.cluster].map(backend => ({ to, backend })))
  return new Map(flows.map(flow => [JSON.stringify(flow), flow]))
}

/** Arguments that delete the flow. */
function deletion({ to: { ip, port }, backend }: Flow): string[] {
  const family = familyOf(backend.ip) === 'IPv6' ? ['-f', 'ipv6'] : []
  const to = [...(ip ? ['--orig-dst', ip] : []), '--orig-port-dst', `${port}`]
  return ['-D', ...family, '-p', 'udp', ...to, '--reply-src', backend.ip, '--reply-port-src', `${backend.port}`]
}

class UdpFlows implements RouteCarrier {
  readonly #known = new Map<string, Map<string, Flow>>()
  #missing = false

  constructor(private readonly deps: { conntrack: RunConntrack; log: Logger }) {}

  async apply(changed: ChangedRoutes): Promise<void> {
    const gone: Flow[] = []
    for (const [key, routes] of changed) {
      const udp = (routes?.ports ?? []).filter(({ protocol }) => protocol === 'udp')
      const flows = new Map(udp.flatMap(port => [...flowsOf(port)]))
      for (const [id, flow] of this.#known.get(key) ?? []) if (!flows.has(id)) gone.push(flow)
      if (flows.size) this.#known.set(key, flows)
      else this.#known.delete(key)
    }
    for (const flow of gone) await this.#end(flow)
  }

  async #end(flow: Flow): Promise<void> {
    if (this.#missing) return
    try {
      await this.deps.conntrack(deletion(flow))
    } catch (error) {
      this.#missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const hint = this.#missing ? '; install conntrack' : ''
      const text = `Clients that keep sending over UDP may stay with pods that are gone${hint}`
      this.deps.log.warn({ error: (error as Error).message }, text)
    }
  }

  async stop(): Promise<void> {}
}

export const newUdpFlows = (deps: { conntrack: RunConntrack; log: Logger }): RouteCarrier => new UdpFlows(deps)
