/** Plays sequences against two sides, several at a time, and tells the differences. */
import { type Difference, differences } from './compare.js'
import { type Connection, newConnection, type Side } from './connection.js'
import type { NormalAnswer } from './normalize.js'
import { newPlayer, type Player } from './play.js'
import type { Found } from './report.js'
import type { Sequence, Step } from './sequence.js'

/** Sequences do not touch each other, so some run beside each other: watches wait. */
const lanes = 8
/** How often an answer that differs only in order is asked for again, since Go's maps have none. */
const orderTries = 8

export interface RunEvents {
  found(found: Found): void
  /** After each request that both have answered. */
  answered?(step: Step, answers: { stock: NormalAnswer; ours: NormalAnswer }): void
  /** `agreed` are the stock server's answers up to the first step at which the servers differ. */
  ended?(sequence: Sequence, agreed: readonly NormalAnswer[]): void
}

export interface RunCounts {
  requests: number
  /** Requests that were left out since the servers no longer held the same. */
  skipped: number
  /** Requests with a difference. */
  differing: number
}

const succeeded = ({ status }: NormalAnswer) => status >= 200 && status < 300
const writes = (step: Step) => !['GET', 'HEAD', 'OPTIONS'].includes(step.method) && !step.path.includes('dryRun=All')
const inOrderOnly = ({ nature }: Difference) => nature === 'order of items' || nature === 'order of causes'
/** Errors are made without a write, so they can be asked for again; messages and header join what comes in some order. */
const mayBeOrder = (found: readonly Difference[], stock: NormalAnswer) =>
  !succeeded(stock) && stock.status < 500 && found.some(d => inOrderOnly(d) || d.path === 'message')

/** True when the stock server answers by chance what we answered. */
async function isByChance(player: Player, step: Step, ours: NormalAnswer): Promise<boolean> {
  for (let i = 0; i < orderTries; i++) {
    const again = await player.again(step)
    if (!differences(again, ours).next().value) return true
  }
  return false
}

async function playSequence(
  sequence: Sequence,
  [theirs, mine]: readonly [Connection, Connection],
  events: RunEvents,
): Promise<RunCounts> {
  const [stockPlayer, ourPlayer] = [newPlayer(theirs), newPlayer(mine)]
  const counts: RunCounts = { requests: 0, skipped: 0, differing: 0 }
  const agreed: NormalAnswer[] = []
  for (const [at, step] of sequence.steps.entries()) {
    const [stock, ours] = await Promise.all([stockPlayer.play(step), ourPlayer.play(step)])
    counts.requests++
    events.answered?.(step, { stock, ours })
    let found = [...differences(stock, ours)]
    if (!found.length && agreed.length === at) agreed.push(stock)
    if (found.length && mayBeOrder(found, stock) && (await isByChance(stockPlayer, step, ours))) found = []
    if (found.length) counts.differing++
    for (const difference of found)
      events.found({ ...difference, sequence: sequence.name, step, at, answers: { stock, ours } })
    const parted = succeeded(stock) !== succeeded(ours) && (writes(step) || step.vital)
    if (parted || (step.vital && !succeeded(stock))) {
      counts.skipped += sequence.steps.length - at - 1
      break
    }
  }
  await Promise.all([stockPlayer.end(sequence), ourPlayer.end(sequence)])
  events.ended?.(sequence, agreed)
  return counts
}

export async function run(
  sequences: Iterable<Sequence>,
  sides: { stock: Side; ours: Side },
  events: RunEvents,
): Promise<RunCounts> {
  const total: RunCounts = { requests: 0, skipped: 0, differing: 0 }
  const apart: Sequence[] = []
  const lane = async (iterator: Iterator<Sequence>, isLast: boolean) => {
    const connections = [newConnection(sides.stock), newConnection(sides.ours)] as const
    try {
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        if (next.value.apart && !isLast) {
          apart.push(next.value)
          continue
        }
        const counts = await playSequence(next.value, connections, events)
        for (const key of ['requests', 'skipped', 'differing'] as const) total[key] += counts[key]
      }
    } finally {
      for (const connection of connections) connection.close()
    }
  }
  const playAll = (all: Iterable<Sequence>, isLast: boolean) => {
    const iterator = all[Symbol.iterator]()
    return Promise.all(Array.from({ length: lanes }, () => lane(iterator, isLast)))
  }
  await playAll(sequences, false)
  await playAll(apart, true)
  return total
}
