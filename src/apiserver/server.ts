/** Starts the API server behind TLS, and stops it in order. */
import { joinHostPort } from '../machinery/host-port.js'
import type { ApiHandler } from '../machinery/request.js'
import { assembleApiServer } from './assemble.js'
import type { ApiServerConfig, ApiServerDeps } from './deps.js'
import { startListening } from './listen.js'

export interface ApiServer {
  /** `https://host:port`. */
  url: string
  port: number
  /** For callers in the same process. */
  handler: ApiHandler
  /**
   * Listens on this address of the machine too, where it does not yet, and sends pods there. `pair`: the certificate from now on, good for it;
   * PEM. Rejects when the port is taken there.
   */
  reachableAt(address: string, pair: { certificate: string; key: string }): Promise<void>
  /** Fails /readyz, ends watches, closes connections. */
  stop(): Promise<void>
}

/** Requests that still run when the server stops have this long. */
const stopGraceMilliseconds = 1000

/** Resolves when the server is ready: listening, bootstrapped, roles known. Rejects when the port is taken. */
export async function startApiServer(deps: ApiServerDeps, config: ApiServerConfig): Promise<ApiServer> {
  const {
    listener: onRequest,
    onUpgrade,
    onHandshakeError,
    handler,
    begin,
    advertise,
    end,
  } = assembleApiServer(deps, config)
  const listening = await startListening(config, { onRequest, onUpgrade, onHandshakeError })
  const { port } = listening
  await begin(port)
  const wait = (milliseconds: number) => new Promise<void>(resolve => deps.clock.after(milliseconds, resolve))
  return {
    url: `https://${joinHostPort(config.bindAddress, port)}`,
    port,
    handler,
    async reachableAt(address, pair) {
      listening.use(pair)
      const everywhere = config.bindAddress === '0.0.0.0' || config.bindAddress === '::'
      if (!everywhere && address !== config.bindAddress) await listening.alsoOn(address)
      await advertise(address)
    },
    async stop() {
      end()
      await listening.close(stopGraceMilliseconds, wait)
    },
  }
}
