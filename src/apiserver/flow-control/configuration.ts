/** Flow schemas and priority levels as they are in force: made of the stored objects, all of them anew at each change. */
import { mandatoryFlowSchemas, mandatoryPriorityLevels } from '../../apis/flowcontrol-v1/mandatory.js'
import type { FlowSchema, PriorityLevelConfiguration } from '../../apis/generated/flowcontrol-v1.js'
import type { Clock } from '../../machinery/clock.js'
import { borrowSeats } from './borrow-seats.js'
import { PriorityLevel } from './priority-level.js'

const nameOf = ({ metadata }: { metadata: { name?: string } }): string => metadata.name ?? ''
const levelOf = ({ spec }: FlowSchema): string => spec.priorityLevelConfiguration.name

const inOrder = (a: FlowSchema, b: FlowSchema): number => {
  const order = (a.spec.matchingPrecedence ?? 0) - (b.spec.matchingPrecedence ?? 0)
  return order || (nameOf(a) < nameOf(b) ? -1 : 1)
}

const named = <T extends { metadata: { name?: string } }>(list: readonly T[], name: string): T | undefined =>
  list.find(item => nameOf(item) === name)

export class FlowConfiguration {
  readonly levels = new Map<string, PriorityLevel>()
  /** By precedence; each refers to a level that is there. */
  schemas: readonly FlowSchema[] = []
  /** Of their targets, what levels are given. */
  fairFraction = 0

  constructor(
    private readonly clock: Clock,
    /** That the whole server has. */
    private readonly serverSeats: number,
  ) {
    this.digest([], [])
  }

  digest(levels: readonly PriorityLevelConfiguration[], schemas: readonly FlowSchema[]): void {
    const missing = mandatoryPriorityLevels.filter(level => !named(levels, nameOf(level)))
    const added = this.#replaceLevels([...levels, ...missing])
    this.#digestSchemas(schemas)
    const shares = [...this.levels.values()].reduce((sum, level) => sum + level.shares, 0)
    for (const level of this.levels.values()) level.assign(this.serverSeats, shares, added.has(level))
    this.adjust()
  }

  /** To be called from time to time while there are requests: levels borrow from each other. */
  adjust(): void {
    this.fairFraction = borrowSeats([...this.levels.values()], this.clock.monotonic() / 1000, this.serverSeats)
  }

  /** Milliseconds since 1970 at which the monotonic clock showed 0. */
  epoch(): number {
    return this.clock.now() - this.clock.monotonic()
  }

  /** Removes levels whose object is gone once nobody uses them. True when there was one. */
  reap(): boolean {
    const useless = [...this.levels.values()].filter(({ quiescing, queueSet }) => quiescing && queueSet.isIdle)
    for (const { name } of useless) this.levels.delete(name)
    return useless.length > 0
  }

  #replaceLevels(wanted: readonly PriorityLevelConfiguration[]): ReadonlySet<PriorityLevel> {
    const added = new Set<PriorityLevel>()
    for (const object of wanted) {
      const name = nameOf(object)
      let level = this.levels.get(name)
      if (!level) {
        level = new PriorityLevel(name, object, this.clock)
        this.levels.set(name, level)
        added.add(level)
      }
      level.object = object
      level.quiescing = false
    }
    for (const level of this.levels.values()) if (!named(wanted, level.name)) level.quiescing = true
    this.reap()
    return added
  }

  #digestSchemas(given: readonly FlowSchema[]): void {
    const served = given
      .filter(schema => {
        const level = this.levels.get(levelOf(schema))
        return level && !level.quiescing
      })
      .sort(inOrder)
    const [exempt, catchAll] = ['exempt', 'catch-all'].map(name => named(mandatoryFlowSchemas, name)!)
    this.schemas = [
      ...(named(served, 'exempt') ? [] : [exempt!]),
      ...served,
      ...(named(served, 'catch-all') ? [] : [catchAll!]),
    ]
  }
}
