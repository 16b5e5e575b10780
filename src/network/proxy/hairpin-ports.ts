/** Lets pods reach themselves through services: bridges that are filtered give nothing back through the port it came by, unless told to. */
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunProgram } from '../run-program.js'
import type { RouteCarrier } from './service-routes.js'

const links = '/sys/class/net'

/** Ports of bridges, as the kernel shows them. */
export interface BridgePorts {
  /** Names; none of bridges that are not there. */
  list(): Promise<readonly string[]>
  /** Rejects when the port is gone. */
  allowHairpin(port: string): Promise<void>
}

/** Who may not write there has the `ip` program do it. */
export function bridgePortsOf(bridges: readonly string[], run: RunProgram): BridgePorts {
  const portsOf = (bridge: string): Promise<string[]> => readdir(join(links, bridge, 'brif')).catch(() => [])
  return {
    list: async () => (await Promise.all(bridges.map(portsOf))).flat(),
    async allowHairpin(port) {
      await writeFile(join(links, port, 'brport', 'hairpin_mode'), '1').catch(async error => {
        if (error.code !== 'EACCES') throw error
        await run('ip', ['link', 'set', 'dev', port, 'type', 'bridge_slave', 'hairpin', 'on'])
      })
    },
  }
}

/** Looks when routes change: a pod that a service leads to has its port by then. */
export function newHairpinPorts(ports: BridgePorts): RouteCarrier {
  let known = new Set<string>()
  return {
    async apply() {
      const now = await ports.list()
      const allowed = await Promise.all(
        now
          .map(async port => {
            if (!known.has(port)) await ports.allowHairpin(port)
            return port
          })
          .map(done => done.catch(() => '')),
      )
      known = new Set(allowed)
    },
    async stop() {},
  }
}
