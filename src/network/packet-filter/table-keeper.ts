/** Keeps one table of the packet filter as its owners want it: loads what changes, tries again what fails, repairs what others break. */
import type { Clock, Timer } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import type { PacketFilter, RuleTable } from './rule-table.js'

export interface TableKeeperDeps {
  filter: PacketFilter
  clock: Clock
  log: Logger
}

export interface TableKeeper<Part> {
  /** What the owner wants from now on, nothing without a part; loaded with the next `flush`. */
  set(owner: string, part?: Part): void
  /** Loads what changed since the last time. Resolves when that was tried; failures are logged, and tried again later. */
  flush(): Promise<void>
  /** Takes the table away. */
  stop(): Promise<void>
}

const retryMs = 1000
/** How often is looked whether the table is as it was left. */
const inspectMs = 10_000
/** How long after a load what it made is read, for comparing. */
const settleMs = 1000
/** Owners up to which the look is at every chain; beyond, only at whether the table is there: reading it would cost too much. */
const inspectedOwners = 500

class RuleTableKeeper<Part> implements TableKeeper<Part> {
  readonly #owners = new Set<string>()
  #retry: Timer | undefined
  #inspection: Timer | undefined
  #running: Promise<void> = Promise.resolve()
  #stopped = false
  /** What was read of the table since the last load; undefined when that was not done yet. */
  #seen: string | undefined
  #loadedOnce = false

  constructor(
    private readonly deps: TableKeeperDeps,
    private readonly table: RuleTable<Part>,
  ) {}

  set(owner: string, part?: Part): void {
    this.table.set(owner, part)
    if (part) this.#owners.add(owner)
    else this.#owners.delete(owner)
  }

  flush(): Promise<void> {
    return this.#inTurn(() => this.#load(this.#loadedOnce))
  }

  #inTurn(run: () => Promise<void>): Promise<void> {
    this.#running = this.#running.then(() => (this.#stopped ? undefined : run()))
    return this.#running
  }

  async #load(mayStartOver: boolean): Promise<void> {
    const text = this.table.transaction()
    if (!text) return
    try {
      await this.deps.filter.load(text)
      this.#loadedOnce = true
      if (this.#seen !== undefined || !this.#inspection) this.#inspectIn(settleMs)
      this.#seen = undefined
    } catch (error) {
      this.table.forget()
      // Most likely somebody changed the table, and it is to be made anew.
      if (mayStartOver) return this.#load(false)
      this.deps.log.error({ error: (error as Error).message }, 'Rules could not be loaded; trying again')
      this.#retry?.cancel()
      this.#retry = this.deps.clock.after(retryMs, () => void this.#inTurn(() => this.#load(false)))
    }
  }

  #inspectIn(ms: number): void {
    this.#inspection?.cancel()
    this.#inspection = this.deps.clock.after(ms, () => void this.#inTurn(() => this.#inspect()))
  }

  async #inspect(): Promise<void> {
    this.#inspectIn(inspectMs)
    const whole = this.#owners.size <= inspectedOwners
    try {
      const found = await this.deps.filter.read(this.table.name, whole)
      const complete = found !== undefined && (!whole || this.deps.filter.countRules(found) === this.table.ruleCount)
      const unchanged = complete && (this.#seen === undefined || found === this.#seen)
      this.#seen = found
      if (unchanged) return
    } catch (error) {
      this.deps.log.debug({ error: (error as Error).message }, 'Rules could not be read')
      return
    }
    this.deps.log.warn({ table: this.table.name }, 'Somebody changed the rules of this cluster: they are loaded anew')
    this.table.forget()
    await this.#load(false)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#retry?.cancel()
    this.#inspection?.cancel()
    await this.#running
    await this.deps.filter
      .remove(this.table.name)
      .catch(error => this.deps.log.warn({ error: (error as Error).message }, 'Rules could not be removed'))
  }
}

export const startTableKeeper = <Part>(deps: TableKeeperDeps, table: RuleTable<Part>): TableKeeper<Part> =>
  new RuleTableKeeper(deps, table)
