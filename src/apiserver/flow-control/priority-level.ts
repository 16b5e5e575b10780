/** A priority level at work: its queues, and the seats it may use now. */
import type { PriorityLevelConfiguration } from '../../apis/generated/flowcontrol-v1.js'
import type { Clock } from '../../machinery/clock.js'
import type { IntegratorResults } from './integrator.js'
import { LevelGauges } from './level-gauges.js'
import { QueueSet, type QueuingConfig } from './queue-set.js'

/** Seconds between two adjustments of what levels borrow. */
export const adjustmentSeconds = 10
/** Per adjustment: half of an old peak is forgotten in five minutes. */
const smoothing = 0.977
/** Share of a level's seats that one request may take. */
const maxSeatsShare = 0.15

/** What the seats of a level were in demand for. */
interface SeatDemand {
  average: number
  deviation: number
  highWatermark: number
  smoothed: number
}

function queuingOf({ spec }: PriorityLevelConfiguration): QueuingConfig {
  if (spec.type === 'Exempt') return { queues: -1, queueLengthLimit: 1, handSize: 1 }
  const { queues = 0, queueLengthLimit = 1, handSize = 1 } = spec.limited?.limitResponse?.queuing ?? {}
  return { queues, queueLengthLimit, handSize }
}

export class PriorityLevel {
  readonly queueSet: QueueSet
  readonly gauges: LevelGauges
  readonly demand: SeatDemand = { average: 0, deviation: 0, highWatermark: 0, smoothed: 0 }
  /** Its object is gone; it goes when its last request is answered. */
  quiescing = false
  /** Seats: of its own, those it never lends, those it never exceeds, and those it may use now. */
  nominal = 0
  min = 0
  max = 0
  current = 0
  /** What it would be given if there were enough. */
  target = 0
  /** That one request may take; undefined: no bound but the general one. */
  maxSeats: number | undefined

  constructor(
    readonly name: string,
    public object: PriorityLevelConfiguration,
    clock: Clock,
  ) {
    this.gauges = new LevelGauges(clock.monotonic() / 1000)
    this.queueSet = new QueueSet(clock, this.gauges)
  }

  get isExempt(): boolean {
    return this.object.spec.type === 'Exempt'
  }

  get shares(): number {
    const { limited, exempt } = this.object.spec
    return (limited ?? exempt)?.nominalConcurrencyShares ?? 0
  }

  /** Takes its part of all seats. */
  assign(serverSeats: number, allShares: number, isNew: boolean): void {
    const { limited, exempt } = this.object.spec
    this.nominal = allShares > 0 ? Math.ceil((serverSeats * this.shares) / allShares) : 0
    const lendable = Math.round((this.nominal * ((limited ?? exempt)?.lendablePercent ?? 0)) / 100)
    const borrowing = limited?.borrowingLimitPercent
    this.min = this.nominal - lendable
    this.max = this.nominal + (borrowing === undefined ? serverSeats : Math.round((this.nominal * borrowing) / 100))
    if (isNew) this.current = this.nominal - Math.floor(lendable / 2)
    const handSize = limited?.limitResponse?.queuing?.handSize
    if (handSize)
      this.maxSeats = Math.max(
        1,
        Math.min(Math.ceil(this.nominal * maxSeatsShare), Math.floor(this.nominal / handSize)),
      )
  }

  /** Takes in what was seen of its demand since the last time. */
  noteDemand({ duration, average, deviation, max }: IntegratorResults): void {
    this.demand.highWatermark = Math.round(max)
    if (duration <= 0) return
    const envelope = average + deviation
    // As many steps as there would have been: nobody looks while nothing is asked.
    const kept = smoothing ** Math.max(1, Math.round(duration / adjustmentSeconds))
    const smoothed = Math.max(envelope, kept * this.demand.smoothed + (1 - kept) * envelope)
    Object.assign(this.demand, { average, deviation, smoothed })
  }

  /** From now on it may use so many seats. */
  limit(seats: number, serverSeats: number): void {
    this.current = seats
    const denominator = seats > 0 ? seats : Math.max(1, Math.round(serverSeats / 10))
    this.gauges.demandRatio.setDenominator(this.queueSet.now(), denominator)
    this.queueSet.configure(queuingOf(this.object), { limit: seats, denominator })
  }
}
