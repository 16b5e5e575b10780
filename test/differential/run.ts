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
  /** A difference with a reason need not be seen twice. */
  isExplained?(found: Found): boolean
  /** It was not there when its sequence was played again. */
  chance?(found: Found): void
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

interface Played {
  counts: RunCounts
  found: Found[]
  /** Status codes of each step. */
  played: { stock: number; ours: number }[]
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
  events: Pick<RunEvents, 'answered' | 'ended'>,
): Promise<Played> {
  const [stockPlayer, ourPlayer] = [newPlayer(theirs), newPlayer(mine)]
  const counts: RunCounts = { requests: 0, skipped: 0, differing: 0 }
  const all: Found[] = []
  const played: Played['played'] = []
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
      all.push({ ...difference, sequence: sequence.name, step, at, answers: { stock, ours } })
    played.push({ stock: stock.status, ours: ours.status })
    const parted = succeeded(stock) !== succeeded(ours) && (writes(step) || step.vital)
    if (parted || (step.vital && !succeeded(stock))) {
      counts.skipped += sequence.steps.length - at - 1
      break
    }
  }
  await Promise.all([stockPlayer.end(sequence), ourPlayer.end(sequence)])
  events.ended?.(sequence, agreed)
  return { counts, found: all, played }
}

/** A sequence, and the same with names of its own. */
export interface Twins {
  sequence: Sequence
  again: Sequence
}

/** Names of twins differ in their first letter, e in place of d. */
const isNamesake = (a: string, b: string): boolean => a.replaceAll('e', 'd') === b.replaceAll('e', 'd')

/**
 * Whether a difference is there whenever its sequence is played: then it is none of timing or of what a server makes up. Where the second play
 * took another way it proves nothing.
 */
function isLasting({ path, nature, at, answers }: Found, again: Played): boolean {
  const step = again.played[at]
  const isSameWay = step && (step.stock === answers.stock.status || step.ours === answers.ours.status)
  return !isSameWay || again.found.some(f => f.at === at && f.path === path && isNamesake(f.nature, nature))
}

const connectionsTo = ({ stock, ours }: { stock: Side; ours: Side }) =>
  [newConnection(stock), newConnection(ours)] as const

export async function run(
  sequences: Iterable<Twins>,
  sides: { stock: Side; ours: Side },
  events: RunEvents,
): Promise<RunCounts> {
  const total: RunCounts = { requests: 0, skipped: 0, differing: 0 }
  const apart: Twins[] = []
  const doubtful: { again: Sequence; found: Found[] }[] = []
  const lane = async (iterator: Iterator<Twins>, isLast: boolean) => {
    const connections = connectionsTo(sides)
    try {
      for (let next = iterator.next(); !next.done; next = iterator.next()) {
        const { sequence, again } = next.value
        if (sequence.apart && !isLast) {
          apart.push(next.value)
          continue
        }
        const { counts, found } = await playSequence(sequence, connections, events)
        for (const key of ['requests', 'skipped', 'differing'] as const) total[key] += counts[key]
        if (found.every(f => events.isExplained?.(f))) found.forEach(events.found)
        else doubtful.push({ again, found })
      }
    } finally {
      for (const connection of connections) connection.close()
    }
  }
  const playAll = (all: Iterable<Twins>, isLast: boolean) => {
    const iterator = all[Symbol.iterator]()
    return Promise.all(Array.from({ length: lanes }, () => lane(iterator, isLast)))
  }
  await playAll(sequences, false)
  await playAll(apart, true)
  await confirm(doubtful, sides, events)
  return total
}

/** Plays again, one sequence after the other, what differed. */
async function confirm(
  doubtful: readonly { again: Sequence; found: readonly Found[] }[],
  sides: { stock: Side; ours: Side },
  events: RunEvents,
): Promise<void> {
  const connections = connectionsTo(sides)
  for (const { again, found } of doubtful) {
    const second = await playSequence(again, connections, {})
    for (const one of found)
      if (events.isExplained?.(one) || isLasting(one, second)) events.found(one)
      else events.chance?.(one)
  }
  for (const connection of connections) connection.close()
}
