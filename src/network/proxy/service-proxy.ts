/** Routes cluster IPs and node ports to the pods behind them: follows Services and EndpointSlices and keeps the packet filter in step. */

import { service as serviceKind } from '../../apis/core-v1/service.js'
import { endpointSlice } from '../../apis/discovery-v1/index.js'
import type { Service } from '../../apis/generated/core-v1.js'

import type { Informer } from '../../client/informer.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock, Timer } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { slicesByService } from '../service-slices.js'
import { type LoadRules, loadWithNft, removeTable } from './nft.js'
import { nftRuleset, type RulesetOptions } from './nft-ruleset.js'
import { planServicePorts } from './service-ports.js'

export interface ServiceProxyDeps {
  informers: InformerFactory
  clock: Clock
  log: Logger
  /** Default: the nft program. */
  load?: LoadRules
}

export interface ServiceProxy {
  /** Resolves when the first rules are loaded. */
  started: Promise<void>
  /** Takes the rules away. */
  stop(): Promise<void>
}

/** Changes that come together become one transaction. */
const gatherMs = 5
const retryMs = 1000

class NftServiceProxy implements ServiceProxy {
  readonly started: Promise<void>
  readonly #services: Informer<Service>
  readonly #slices: Informer
  readonly #slicesOf: ReturnType<typeof slicesByService>
  readonly #load: LoadRules
  #names: ReadonlySet<string> | undefined
  #timer: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  #resolveStarted: () => void = () => {}

  constructor(
    private readonly deps: ServiceProxyDeps,
    private readonly options: RulesetOptions,
  ) {
    this.#load = deps.load ?? loadWithNft
    this.started = new Promise(resolve => {
      this.#resolveStarted = resolve
    })
    this.#services = deps.informers.informer(serviceKind)
    this.#slices = deps.informers.informer(endpointSlice)
    this.#slicesOf = slicesByService(deps.informers)
    const changed = () => this.#schedule(gatherMs)
    this.#services.addHandler({ add: changed, update: changed, delete: changed })
    this.#slices.addHandler({ add: changed, update: changed, delete: changed })
  }

  #schedule(ms: number): void {
    if (this.#timer || this.#stopped) return
    this.#timer = this.deps.clock.after(ms, () => {
      this.#timer = undefined
      this.#running = this.#running.then(() => this.#sync())
    })
  }

  async #sync(): Promise<void> {
    if (this.#stopped) return
    if (!this.#services.hasSynced || !this.#slices.hasSynced) {
      this.#schedule(gatherMs)
      return
    }
    const slicesOf = ({ metadata: { namespace = '', name = '' } }: Service) => this.#slicesOf(namespace, name)
    const ports = planServicePorts(this.#services.list(), slicesOf)
    const { text, names } = nftRuleset(ports, this.#names, this.options)
    try {
      await this.#load(text)
      this.#names = names
      this.#resolveStarted()
    } catch (error) {
      this.deps.log.error({ error: (error as Error).message }, 'Rules of services could not be loaded; trying again')
      // Somebody may have changed the table: it is made anew.
      this.#names = undefined
      this.#schedule(retryMs)
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#running
    await removeTable(this.options.table, this.#load).catch(error =>
      this.deps.log.warn({ error: (error as Error).message }, 'Rules of services could not be removed'),
    )
  }
}

export const startServiceProxy = (deps: ServiceProxyDeps, options: RulesetOptions): ServiceProxy =>
  new NftServiceProxy(deps, options)
