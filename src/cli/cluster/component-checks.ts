/** Scheduler and controllers, as ComponentStatuses tell about them: ours by whether they run, stock ones by their health port. */
import { get } from 'node:https'
import type { ComponentCheck } from '../../registry/component-statuses.js'
import type { Configuration } from '../configuration.js'

/** Ports that stock components answer on, kubernetes/pkg/cluster/ports. */
const ports = { scheduler: 10259, 'controller-manager': 10257 } as const
const probeTimeoutMs = 20_000

/** Asks a component of this machine for its health. Whoever has the port is believed, as upstream does: no certificate is checked. */
function probe(port: number): Promise<void> {
  const url = `https://127.0.0.1:${port}/healthz`
  return new Promise((resolve, reject) => {
    const request = get(url, { rejectUnauthorized: false, timeout: probeTimeoutMs }, response => {
      response.resume()
      const { statusCode = 0 } = response
      if (statusCode >= 200 && statusCode < 400) resolve()
      else reject(new Error(`HTTP probe failed with statuscode: ${statusCode}`))
    })
    request.once('timeout', () => request.destroy(new Error('context deadline exceeded')))
    request.once('error', (error: NodeJS.ErrnoException) => {
      const refused = error.code === 'ECONNREFUSED'
      const words = refused ? `dial tcp 127.0.0.1:${port}: connect: connection refused` : error.message
      reject(new Error(`Get "${url}": ${words}`))
    })
  })
}

/** In upstream's order. `isRunning` tells of those that run in this process. */
export function componentChecks(config: Configuration, isRunning: () => boolean): ComponentCheck[] {
  const own = { scheduler: config.scheduler, 'controller-manager': config.controllers.length > 0 }
  return (['scheduler', 'controller-manager'] as const).map(name => ({
    name,
    async check() {
      if (!own[name]) return probe(ports[name])
      if (!isRunning()) throw new Error(`${name} does not run`)
    },
  }))
}
